"""The form over one custom field's definition, as texts by name: what stands in it, and the field it describes."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from crmcore.contracts.fields import CustomField
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.records.custom_rules import CLOSING
from crmcore.records.definition import Definition
from crmcore.web.check_options import CheckOptions
from crmcore.web.form import Form
from crmcore.web.form_fields import Field, as_typed
from crmcore.web.leaving_form import LIST, OF_LIST, LeavingForm
from crmcore.web.pages.custom_fields import CHOICES, can_close, choice_line, sent_options, simple_options
from crmcore.web.schema_form import SchemaForm

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

LANGUAGES = ("en", "ru")
FLAGS = ("required", "filterable")
ON = ("true", "on")


class FieldForm:
    """One visitor's form over the field ``stored``, one of the ``definitions`` of its record type.

    Its fields are there after :meth:`show`.
    """

    def __init__(self, visit: "Visit", stored: CustomField, definitions: Collection[Definition]) -> None:
        self._visit = visit
        self._stored = stored
        self._leaving = LeavingForm(visit, definitions, stored)
        self._checked = (*FLAGS, CLOSING) if can_close(visit, stored.record_type) else FLAGS
        self._options = SchemaForm(visit, simple_options(visit, stored.type), f"option.{stored.type}.")
        self._checks = CheckOptions(visit)
        self.fields: list[Field] = []
        self.marks: list[Field] = []
        self.options: list[Field] = []
        self.checks: list[tuple[str, str, list[Field]]] = []
        self.leaving: list[Field] = []
        self.general: list[str] = []

    def texts(self, field: CustomField) -> dict[str, str]:
        """Return what stands in the form for ``field``."""
        label = {"en": field.label} if isinstance(field.label, str) else field.label
        texts = {f"label_{language}": label.get(language, "") for language in LANGUAGES}
        texts |= {"group": self._visit.say(field.group), "description": self._visit.say(field.description)}
        texts["format"] = field.format
        texts |= {name: as_typed(getattr(field, name)) for name in FLAGS}
        if CLOSING in self._checked:
            texts[CLOSING] = as_typed(field.required_when == CLOSING)
        texts |= self._leaving.texts(field.required_before_leaving)
        self._options.show(self._shown_options(field))
        texts |= {shown.name: shown.value for shown in self._options.fields}
        return texts | self._checks.texts(field)

    def sent(self, form: Form) -> dict[str, str]:
        """Return what ``form`` has in these places; a place that it has not keeps what is stored."""
        texts = self.texts(self._stored)
        for name in texts:
            if name in self._checked:
                texts[name] = "true" if form.get(name) in ON else ""
            elif name in form:
                texts[name] = form.raw(name).strip()
            elif not name.startswith("format"):
                texts[name] = ""
        return texts | (self._leaving.sent(form) if LIST in form else {})

    def described(self, texts: Mapping[str, str]) -> CustomField:
        """Return the field that ``texts`` describe; what the form does not ask for stays as it is stored."""
        form, stored = Form(texts.items()), self._stored
        label = {"en": stored.label} if isinstance(stored.label, str) else dict(stored.label)
        label |= {language: texts[f"label_{language}"] for language in LANGUAGES}
        known = simple_options(self._visit, stored.type).get("properties", {})
        options = {name: value for name, value in stored.options.items() if name not in known}
        options.pop("format_options", None)
        options |= sent_options(self._visit, form, stored.type)
        if CHOICES in options:
            options[CHOICES] = [self._choice(choice) for choice in options[CHOICES]]
        if checked := self._checks.sent(form, texts["format"]):
            options["format_options"] = checked
        return msgspec.structs.replace(
            stored,
            label={language: text for language, text in label.items() if text},
            options=options,
            format=texts["format"],
            description=self._kept(stored.description, texts["description"]),
            group=self._kept(stored.group, texts["group"]),
            required=texts["required"] == "true",
            required_when=(CLOSING if texts[CLOSING] else "") if CLOSING in texts else stored.required_when,
            required_before_leaving=self._leaving.described(texts),
            filterable=texts["filterable"] == "true",
        )

    def show(self, texts: Mapping[str, str], theirs: Mapping[str, str], by: str) -> None:
        """Put ``texts`` into the form, and beside them what ``by`` saved meanwhile."""
        gettext, form = self._visit.texts.gettext, Form(texts.items())
        self._options.show(self._options.sent(form))
        self.options = self._options.fields
        self.checks = self._checks.shown(form)
        self.fields = [
            Field(name="label_en", label=gettext("Name in English"), max_length=120),
            Field(name="label_ru", label=gettext("Name in Russian"), max_length=120),
            Field(name="group", label=gettext("Group"), max_length=120),
            Field(name="description", label=gettext("Hint under the field"), max_length=300),
        ]
        if self._checks.choices:
            self.fields.append(
                Field(
                    name="format",
                    label=gettext("Check of texts"),
                    widget="select",
                    choices=tuple(self._checks.choices),
                )
            )
        self.marks = [
            Field(name="required", label=gettext("Required"), widget="checkbox"),
            Field(name="filterable", label=gettext("Can be filtered"), widget="checkbox"),
        ]
        if CLOSING in self._checked:
            label = gettext("Required before closing")
            self.marks.append(Field(name=CLOSING, label=label, widget="checkbox"))

        def filled(field: Field) -> Field:
            value = texts.get(field.name, field.value)
            stored = theirs.get(field.name)
            if stored is not None and field.widget == "checkbox":
                stored = gettext("Yes") if stored else gettext("No")
            return msgspec.structs.replace(
                field,
                value=value,
                stored=None if stored is None else stored.replace("\n", ", "),
                stored_by=by if stored is not None else "",
            )

        self.fields = [filled(field) for field in self.fields]
        self.marks = [filled(field) for field in self.marks]
        self.leaving = [filled(field) for field in self._leaving.fields(texts)]
        self.options = [filled(field) for field in self.options]
        self.checks = [(key, title, [filled(field) for field in found]) for key, title, found in self.checks]

    def complain(self, problems: tuple[Problem, ...], texts: Mapping[str, str]) -> None:
        """Show every problem with what ``texts`` describe beside its field, or above the form."""
        format, leaving = texts["format"], texts.get(LIST, "")
        for problem in problems:
            text = problem.sentence(self._visit.language)
            parts = problem.path.strip("/").split("/")
            names = {parts[0], f"option.{self._stored.type}.{parts[1] if len(parts) > 1 else ''}"}
            if parts[:2] == ["options", "format_options"]:
                names = {f"format_option.{format}.{parts[2] if len(parts) > 2 else ''}"}
            if parts[0] == "required_before_leaving":
                choices = {field.name for field in self.leaving[1:] if field.name == OF_LIST + leaving}
                names = choices if parts[1:2] == ["choices"] else {LIST}
            if not self._marked(names, text):
                self.general.append(text)

    def _marked(self, names: set[str], text: str) -> bool:
        found = False
        shown = (self.fields, self.options, self.marks, self.leaving)
        for fields in (*shown, *(fields for _, _, fields in self.checks)):
            for place, field in enumerate(fields):
                if field.name in names:
                    fields[place] = msgspec.structs.replace(field, error=f"{field.error} {text}".strip())
                    found = True
        return found

    def _shown_options(self, field: CustomField) -> dict[str, Any]:
        options = dict(field.options)
        if CHOICES in options:
            options[CHOICES] = [
                choice_line(choice) for choice in options[CHOICES] if not choice.get("retired")
            ]
        return options

    def _choice(self, choice: dict[str, Any]) -> dict[str, Any]:
        """Return ``choice`` with the other languages of its label, when its line was left as it was."""
        stored = {found["value"]: found for found in self._stored.options.get(CHOICES, ())}
        known: dict[str, Any] | None = stored.get(choice["value"])
        return known if known is not None and choice_line(known) == choice_line(choice) else choice

    def _kept(self, stored: Label, text: str) -> Label:
        """Return ``stored`` with its other languages when the visitor left the text as it was."""
        return stored if self._visit.say(stored) == text else text
