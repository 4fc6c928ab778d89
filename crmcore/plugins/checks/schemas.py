"""Check JSON Schemas that plugins bring."""

from typing import Any

import jsonschema_rs

from crmcore.plugins import reasons
from crmcore.plugins.failures import LoadProblem

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def check_schema(schema: dict[str, Any], where: str) -> None:
    """Raise :class:`LoadProblem` unless ``schema`` is a JSON Schema 2020-12."""
    try:
        jsonschema_rs.meta.validate({"$schema": _DIALECT, **schema})
    except ValueError as error:
        raise LoadProblem(reasons.bad_schema(where, reasons.first_line(error))) from error
