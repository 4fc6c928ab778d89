"""Check the Structs of a plugin's settings and of its channels' accounts."""

import msgspec
from msgspec import Struct

from crmcore.contracts.settings import Settings
from crmcore.plugins import reasons
from crmcore.plugins.failures import LoadProblem


def check_settings(settings: Settings) -> None:
    """Raise :class:`LoadProblem` unless the Struct starts unconfigured and has a JSON Schema."""
    for field in msgspec.structs.fields(settings.type):
        if field.required:
            raise LoadProblem(reasons.needs_default(settings.type.__name__, field.name))
    check_config(settings.type)


def check_config(config: type[Struct]) -> None:
    """Raise :class:`LoadProblem` unless the Struct has a JSON Schema.

    A channel account is made with its settings, so they may be required.
    """
    try:
        msgspec.json.schema(config)
    except TypeError as error:
        raise LoadProblem(reasons.bad_schema(config.__name__, str(error))) from error
