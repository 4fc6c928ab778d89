"""Settings whose values stand in the environment: ``{"$env": "NAME"}``."""

from collections.abc import Mapping
from typing import Any

# The deployment's own variables hold its database password and its keys: no plugin's setting can name them.
_OWN_PREFIX = "CRMCORE_"


class MissingVariable(Exception):
    """A setting names an environment variable that is not set, or one of the deployment's own."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(f"the environment variable {name!r} is not set")
        self.name = name
        self.path = path


def resolve_environment(value: Any, environment: Mapping[str, str], path: str = "") -> Any:
    """Return ``value`` with every ``{"$env": "NAME"}`` in it replaced by that variable's text.

    Raises :class:`MissingVariable` with the JSON Pointer of the place.
    """
    if isinstance(value, dict):
        if set(value) == {"$env"} and isinstance(value["$env"], str):
            name = value["$env"]
            if name not in environment or name.startswith(_OWN_PREFIX):
                raise MissingVariable(name, path)
            return environment[name]
        return {key: resolve_environment(item, environment, f"{path}/{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_environment(item, environment, f"{path}/{n}") for n, item in enumerate(value)]
    return value
