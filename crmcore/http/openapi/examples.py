"""Examples made from schemas."""

from typing import Any

_BY_FORMAT = {
    "email": "lena@example.com",
    "date-time": "2026-03-02T09:30:00Z",
    "date": "2026-03-02",
    "uuid": "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80",
    "uri": "https://example.com/",
}
_BY_NAME = {
    "company": "Orlova & Sons",
    "domain": "example.com",
    "email": "lena@example.com",
    "emails": ["lena@example.com"],
    "first_name": "Lena",
    "handles": ["lena_o"],
    "job_title": "Buyer",
    "language": "en",
    "last_name": "Orlova",
    "name": "Orlova & Sons",
    "phone": "+12025550143",
    "phones": ["+12025550143"],
    "subject": "Where is my parcel?",
    "tags": ["vip"],
    "time_zone": "Europe/Berlin",
    "title": "Call Lena back",
}


def example_of(schema: dict[str, Any], *, optional: bool = True) -> Any:
    """Return a value that ``schema`` describes; without ``optional`` with its required properties only.

    Properties for which no example can be thought of (a pattern, references to other records) are left out
    unless they are required.
    """
    properties = schema.get("properties")
    if properties is None:
        return _value(schema)
    required = schema.get("required", [])
    names = [name for name in properties if name in required or optional]
    found = {name: _named(name, properties[name]) for name in names}
    return {name: value for name, value in found.items() if value is not None or name in required}


def _named(name: str, schema: dict[str, Any]) -> Any:
    if "enum" not in schema and name in _BY_NAME and _fits(_BY_NAME[name], schema):
        return _BY_NAME[name]
    if name.endswith(("_id", "_at", "_until")):
        return None
    if name == "custom":
        return example_of(schema, optional=False) or None
    return _value(schema) if "enum" in schema or "examples" in schema else None


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    kinds = schema.get("type", [])
    wanted = "array" if isinstance(value, list) else "string"
    return wanted == kinds or wanted in kinds


def _value(schema: dict[str, Any]) -> Any:
    for keyword in ("examples", "enum"):
        if schema.get(keyword):
            return schema[keyword][0]
    for keyword in ("default", "const"):
        if keyword in schema:
            return schema[keyword]
    kinds = schema.get("type", "null")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "string":
        return _BY_FORMAT.get(schema.get("format", ""), "text")
    plain = {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": True}
    if kind == "array":
        return [_value(schema.get("items", {}))] if schema.get("minItems") else []
    return plain.get(kind)
