"""A plugin with a list of stages, and a field that is required before one of them is left."""

from crmcore import CustomField, Leaving, hookimpl


@hookimpl
def register_custom_fields() -> list[CustomField]:
    choices = [{"value": "open"}, {"value": "won"}, {"value": "lost"}]
    leaving = Leaving(field="deals_stage", choices=("open",))
    return [
        CustomField(
            record_type="contact", key="deals_reason", label="Reason", required_before_leaving=leaving
        ),
        CustomField(
            record_type="contact",
            key="deals_stage",
            label="Deal",
            type="drop_down",
            options={"choices": choices},
        ),
    ]
