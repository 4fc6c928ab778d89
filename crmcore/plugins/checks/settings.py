"""Check a plugin's settings Struct."""

import msgspec

from crmcore.contracts.settings import Settings
from crmcore.plugins import reasons
from crmcore.plugins.failures import LoadProblem


def check_settings(settings: Settings) -> None:
    """Raise :class:`LoadProblem` unless the Struct starts unconfigured and has a JSON Schema."""
    for field in msgspec.structs.fields(settings.type):
        if field.required:
            raise LoadProblem(reasons.needs_default(settings.type.__name__, field.name))
    try:
        msgspec.json.schema(settings.type)
    except TypeError as error:
        raise LoadProblem(reasons.bad_schema(settings.type.__name__, str(error))) from error
