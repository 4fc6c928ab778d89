"""Check that a plugin's custom field can be made with the field types and validators at hand."""

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry

from crmcore.contracts.fields import CustomField, JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue
from crmcore.contracts.validators import Validator
from crmcore.plugins import reasons
from crmcore.plugins.checks.schemas import check_schema
from crmcore.plugins.failures import LoadProblem
from crmcore.plugins.registry import Registry as Contributed

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
