"""The options of the checks of texts as form fields, made from each validator's schema of its options."""

from typing import TYPE_CHECKING, Any

from crmcore.contracts.fields import CustomField
from crmcore.web.form import Form
from crmcore.web.form_fields import Field, as_typed
from crmcore.web.schema_form import SchemaForm

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

PREFIX = "format_option"


class CheckOptions:
    """The options of every check there is: all stand in the form, those of the chosen check count."""

    def __init__(self, visit: "Visit") -> None:
        validators = visit.crm.fields.catalog.validators
        self.choices = [(key, visit.say(found.item.label)) for key, found in validators.items()]
        self._labels = dict(self.choices)
        self._schemas = {
            key: found.item.options_schema
            for key, found in validators.items()
            if found.item.options_schema.get("properties")
        }
        self._forms = {
            key: SchemaForm(visit, schema, f"{PREFIX}.{key}.") for key, schema in self._schemas.items()
        }

    def texts(self, field: CustomField) -> dict[str, str]:
        """Return what stands in the form's places for ``field``, by name."""
        texts: dict[str, str] = {}
        for key, form in self._forms.items():
            form.show(field.options.get("format_options", {}) if key == field.format else {})
            texts |= {shown.name: as_typed(shown.value) for shown in form.fields}
        return texts

    def sent(self, form: Form, format: str) -> dict[str, Any]:
        """Return what ``form`` says about the options of the check ``format``; what is as without it is left out."""
        if format not in self._forms:
            return {}
        properties = self._schemas[format]["properties"]
        return {
            name: value
            for name, value in self._forms[format].sent(form).items()
            if value not in ("", []) and value != properties[name].get("default", False)
        }

    def shown(self, form: Form) -> list[tuple[str, str, list[Field]]]:
        """Return for every check that has options its key, its label, and its fields filled from ``form``."""
        shown = []
        for key, made in self._forms.items():
            made.show(made.sent(form))
            shown.append((key, self._labels[key], made.fields))
        return shown
