"""The part of a field's form that says before which choices of which drop-down list are left it is required."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from crmcore.contracts.fields import CustomField, Leaving
from crmcore.records.definition import Definition
from crmcore.records.stages import choices_of, is_stage
from crmcore.web.form import Form
from crmcore.web.form_fields import Field
from crmcore.web.schema_form import MANY_CHOICES

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

LIST = "leaving"
OF_LIST = f"{LIST}."


class LeavingForm:
    """The drop-down lists of the record type of ``field``, those of the ``definitions`` that can be named.

    Texts are those of the form's places by name: the list, and for every list its choices, one a line. What is
    stored and away stands among the rest, so that saving the form changes nothing about it.
    """

    def __init__(self, visit: "Visit", definitions: Collection[Definition], field: CustomField) -> None:
        self._visit = visit
        self._lists = {
            item.key: (visit.say(item.label), _choices(visit, item))
            for item in definitions
            if item.key != field.key and not item.dormant and is_stage(item)
        }
        if leaving := field.required_before_leaving:
            label, known = self._lists.get(leaving.field, (leaving.field, {}))
            known |= {choice: choice for choice in leaving.choices if choice not in known}
            self._lists[leaving.field] = (label, known)

    def texts(self, leaving: Leaving | None) -> dict[str, str]:
        """Return what stands in the form for ``leaving``; nothing where there is no list."""
        if not self._lists:
            return {}
        texts = {LIST: leaving.field if leaving else ""} | {OF_LIST + key: "" for key in self._lists}
        return texts | ({OF_LIST + leaving.field: "\n".join(leaving.choices)} if leaving else {})

    def sent(self, form: Form) -> dict[str, str]:
        """Return what ``form`` has in these places."""
        return {name: "\n".join(form.all(name)) for name in self.texts(None)}

    def described(self, texts: Mapping[str, str]) -> Leaving | None:
        """Return what ``texts`` say: the choices of the list that was chosen, all others count for nothing."""
        key = texts.get(LIST, "")
        lines = [line.strip() for line in texts.get(OF_LIST + key, "").splitlines()]
        return Leaving(field=key, choices=tuple(line for line in lines if line)) if key else None

    def fields(self, texts: Mapping[str, str]) -> list[Field]:
        """Return the list to choose and for every list its choices; nothing where there is no list."""
        if not self._lists:
            return []
        lists = tuple((key, label) for key, (label, _) in self._lists.items())
        chosen = Field(
            name=LIST,
            label=self._visit.texts.gettext("Drop-down list"),
            widget="select",
            choices=lists,
            value=texts.get(LIST, ""),
        )
        return [chosen, *(self._choices_of(key, texts.get(OF_LIST + key, "")) for key in self._lists)]

    def _choices_of(self, key: str, text: str) -> Field:
        """Return the choices of a list: to be marked, or written where there are too many for a page."""
        gettext = self._visit.texts.gettext
        label, known = self._lists[key]
        many = len(known) > MANY_CHOICES
        return Field(
            name=OF_LIST + key,
            label=gettext("Choices of “{name}”", name=label),
            hint=gettext("Values, one per line; without any, all of them")
            if many
            else gettext("Without any marked, all of them"),
            widget="textarea" if many else "multiselect",
            choices=() if many else tuple(known.items()),
            value=text,
            chosen=tuple(text.splitlines()),
        )


def _choices(visit: "Visit", definition: Definition) -> dict[str, str]:
    said = {
        choice["value"]: visit.say(choice.get("label") or choice["value"])
        for choice in definition.options.get("choices", ())
        if isinstance(choice, dict) and "value" in choice
    }
    return {value: said.get(value, value) for value in choices_of(definition)}
