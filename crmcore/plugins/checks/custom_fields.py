"""Check that a plugin's custom field can be made with the field types and validators at hand."""

from collections.abc import Sequence

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry

from crmcore.contracts.fields import CustomField, JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue
from crmcore.contracts.validators import Validator
from crmcore.plugins import reasons
from crmcore.plugins.checks.schemas import check_schema
from crmcore.plugins.failures import LoadProblem
from crmcore.plugins.registry import Registered
from crmcore.plugins.registry import Registry as Contributed

_ITSELF: Label = {"en": "it is the field itself", "ru": "это то же самое поле"}
_NO_LIST: Label = {"en": "it is no drop-down list", "ru": "это не выпадающий список"}
_OF_TEXT: Label = {"en": "only texts have checks", "ru": "проверки есть только у текстов"}


def check_custom_field(custom_field: CustomField, registry: Contributed) -> None:
    """Raise :class:`LoadProblem` when the field's options do not make a JSON Schema property, or its check none.

    A field whose type or check is not at hand is not judged by it: see :func:`missing_part`.
    """
    registered = registry.field_types.get(custom_field.type)
    if registered is None:
        return
    options = {name: value for name, value in custom_field.options.items() if name != "format_options"}
    try:
        # An empty registry: a schema never makes the host fetch another one.
        Draft202012Validator(registered.item.options_schema, registry=Registry()).validate(options)
        schema = registered.item.schema(options)
    except Exception as error:
        why = error.message if isinstance(error, ValidationError) else reasons.detail(error)
        raise LoadProblem(reasons.impossible_field(custom_field.key, custom_field.type, why)) from error
    check_schema(schema, f"“{custom_field.key}”")
    validator = registry.validators.get(custom_field.format)
    if validator is not None:
        _check_format(custom_field, schema, validator.item)


def check_leaving(
    custom_field: CustomField, registry: Contributed, own: Sequence[Registered[CustomField]]
) -> None:
    """Raise :class:`LoadProblem` when the list that a field waits for cannot be left as it says.

    ``own`` are the fields of the same plugin, which are not in the ``registry`` yet. A list that no plugin brings
    is one of the workspace, and may come: until then the field waits for nothing.
    """
    leaving = custom_field.required_before_leaving
    if leaving is None:
        return
    if leaving.field == custom_field.key:
        raise LoadProblem(reasons.impossible_leaving(custom_field.key, leaving.field, _ITSELF))
    for registered in (*own, *registry.custom_fields):
        other = registered.item
        if (other.record_type, other.key) != (custom_field.record_type, leaving.field):
            continue
        field_type = registry.field_types.get(other.type)
        if field_type is None:
            return
        schema = field_type.item.schema(other.options)
        if schema.get("type") != "string" or "enum" not in schema:
            raise LoadProblem(reasons.impossible_leaving(custom_field.key, other.key, _NO_LIST))
        for choice in leaving.choices:
            if choice not in schema["enum"]:
                why = {"en": f"it has no choice “{choice}”", "ru": f"в нём нет варианта «{choice}»"}
                raise LoadProblem(reasons.impossible_leaving(custom_field.key, other.key, why))


def _check_format(custom_field: CustomField, schema: JsonSchema, validator: Validator) -> None:
    key, options = custom_field.key, custom_field.options.get("format_options", {})
    why: Label
    try:
        if schema.get("type") != "string":
            raise InvalidValue(_OF_TEXT)
        Draft202012Validator(validator.options_schema, registry=Registry()).validate(options)
        if validator.check_options is not None:
            validator.check_options(options)
    except InvalidValue as error:
        why = {language: error.problem().sentence(language) for language in ("en", "ru")}
        raise LoadProblem(reasons.impossible_format(key, validator.key, why)) from error
    except Exception as error:
        why = error.message if isinstance(error, ValidationError) else reasons.detail(error)
        raise LoadProblem(reasons.impossible_format(key, validator.key, why)) from error


def missing_part(custom_field: CustomField, registry: Contributed) -> Label | None:
    """Return what keeps the field from being used now: something that no loaded plugin brings."""
    parts = (
        ("record type", "тип записей", custom_field.record_type, registry.record_types),
        ("field type", "тип поля", custom_field.type, registry.field_types),
        ("validator", "валидатор", custom_field.format, registry.validators),
    )
    for en, ru, key, known in parts:
        if key and key not in known:
            return {
                "en": f"The custom field “{custom_field.key}” waits for the {en} “{key}”, which no loaded plugin "
                "brings.",
                "ru": f"Поле «{custom_field.key}» ждёт {ru} «{key}»: ни один загруженный плагин его не приносит.",
            }
    return None
