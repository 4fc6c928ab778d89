"""The neighbour of every broken plugin: whatever happens beside it, it works."""

from crmcore import CustomField, InvalidValue, Job, Panel, PanelContent, Problem, Validator, hookimpl


def check(value, options):
    if not value.strip().isdigit():
        raise InvalidValue({"en": "Digits only.", "ru": "Только цифры."})
    return value.strip()


async def load(subject, plugin):
    return PanelContent(message=f"{plugin.name} is well")


async def run(payload, plugin):
    return None


@hookimpl
def register_validators():
    return [
        Validator(key="digits", label="Digits", check=check, examples=("12", " 7 "), counter_examples=("x",))
    ]


@hookimpl
def register_custom_fields():
    return [CustomField(record_type="contact", key="healthy_score", label="Score", type="number")]


@hookimpl
def register_panels():
    return [Panel(key="wellbeing", title="Well-being", load=load)]


@hookimpl
def register_jobs():
    return [Job(key="walk", run=run)]


@hookimpl
def before_write(change):
    return [Problem(code="seen", message="seen", path=f"/{len(change.values)}")]


@hookimpl
async def contact_created(event, plugin):
    plugin.log.info("met", contact=str(event.record_id))


@hookimpl
def resolve_contact(message):
    return None
