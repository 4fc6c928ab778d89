"""Sentences for what JSON Schema refuses, in the languages of the product."""

from typing import Any

TYPES: dict[str, dict[str, str]] = {
    "string": {"en": "a text", "ru": "текст"},
    "integer": {"en": "a whole number", "ru": "целое число"},
    "number": {"en": "a number", "ru": "число"},
    "boolean": {"en": "yes or no", "ru": "да или нет"},
    "array": {"en": "a list", "ru": "список"},
    "object": {"en": "an object", "ru": "объект"},
    "null": {"en": "nothing", "ru": "пусто"},
}

# keyword: (code, sentence). {limit} is the keyword's value in the schema.
KEYWORDS: dict[str, tuple[str, dict[str, str]]] = {
    "type": ("wrong_type", {"en": "This must be {limit}.", "ru": "Здесь должно быть: {limit}."}),
    "enum": ("not_a_choice", {"en": "Choose one of: {limit}.", "ru": "Выберите одно из: {limit}."}),
    "const": ("not_a_choice", {"en": "This must be {limit}.", "ru": "Здесь должно быть: {limit}."}),
    "minLength": (
        "too_short",
        {"en": "This needs at least {limit} characters.", "ru": "Нужно не меньше {limit} символов."},
    ),
    "maxLength": (
        "too_long",
        {
            "en": "This may have at most {limit} characters.",
            "ru": "Здесь может быть не больше {limit} символов.",
        },
    ),
    "minimum": (
        "too_small",
        {"en": "This must be at least {limit}.", "ru": "Должно быть не меньше {limit}."},
    ),
    "maximum": ("too_large", {"en": "This must be at most {limit}.", "ru": "Должно быть не больше {limit}."}),
    "exclusiveMinimum": (
        "too_small",
        {"en": "This must be more than {limit}.", "ru": "Должно быть больше {limit}."},
    ),
    "exclusiveMaximum": (
        "too_large",
        {"en": "This must be less than {limit}.", "ru": "Должно быть меньше {limit}."},
    ),
    "multipleOf": (
        "not_a_multiple",
        {"en": "This must be a multiple of {limit}.", "ru": "Число должно делиться на {limit}."},
    ),
    "pattern": ("wrong_form", {"en": "This has not the right form.", "ru": "Значение не подходит по форме."}),
    "format": ("invalid", {"en": "This is not a valid {limit}.", "ru": "Это не похоже на {limit}."}),
    "required": ("required", {"en": "This is required.", "ru": "Это обязательное поле."}),
    "minItems": ("too_few", {"en": "Choose at least {limit}.", "ru": "Выберите не меньше {limit}."}),
    "maxItems": ("too_many", {"en": "At most {limit} are possible.", "ru": "Можно не больше {limit}."}),
    "uniqueItems": ("repeated", {"en": "Each may stand here only once.", "ru": "Каждое — только один раз."}),
    "additionalProperties": (
        "unknown_field",
        {"en": "There is no field “{name}”{hint}.", "ru": "Нет поля «{name}»{hint}."},
    ),
}
OTHERWISE: tuple[str, dict[str, str]] = (
    "invalid",
    {"en": "This does not fit the field's rule.", "ru": "Значение не подходит под правило поля."},
)

REQUIRED = KEYWORDS["required"][1]
UNKNOWN_FIELD = KEYWORDS["additionalProperties"][1]
READ_ONLY: dict[str, str] = {
    "en": "This field is kept by the system and cannot be written.",
    "ru": "Это поле ведёт система, записать его нельзя.",
}
PLUGIN_ONLY: dict[str, str] = {
    "en": "Only the plugin “{plugin}” writes this field.",
    "ru": "Это поле заполняет только плагин «{plugin}».",
}
DORMANT: dict[str, str] = {
    "en": "This field rests: {why} Its value is kept.",
    "ru": "Поле временно не действует: {why} Значение сохранено.",
}
UNSTORABLE: dict[str, str] = {
    "en": "The text has a character that cannot be stored.",
    "ru": "В тексте есть символ, который нельзя сохранить.",
}
NO_SUCH_RECORD: dict[str, str] = {
    "en": "There is no {type} with this id.",
    "ru": "Нет записи «{type}» с таким идентификатором.",
}
NOT_A_MOMENT: dict[str, str] = {
    "en": "Write a date and time with its zone, like 2026-11-22T14:00:00Z.",
    "ru": "Укажите дату и время с часовым поясом, например 2026-11-22T14:00:00Z.",
}
NOT_AN_ID: dict[str, str] = {"en": "This is not an id.", "ru": "Это не идентификатор."}
NOT_A_DATE: dict[str, str] = {
    "en": "Write a date as year, month and day, like 2026-11-22.",
    "ru": "Запишите дату как год, месяц и день, например 2026-11-22.",
}
_NOT_AN_ADDRESS: dict[str, str] = {"en": "This is not an IP address.", "ru": "Это не IP-адрес."}
_NOT_AN_EMAIL: dict[str, str] = {
    "en": "This is not an e-mail address.",
    "ru": "Это не адрес электронной почты.",
}
_NOT_A_URL: dict[str, str] = {"en": "This is not a web address.", "ru": "Это не веб-адрес."}

# Standard format: (code, sentence), where the keyword's own sentence would name a word that nobody knows.
FORMATS: dict[str, tuple[str, dict[str, str]]] = {
    "uuid": ("wrong_form", NOT_AN_ID),
    "date-time": ("wrong_form", NOT_A_MOMENT),
    "date": ("wrong_form", NOT_A_DATE),
    "ipv4": ("wrong_form", _NOT_AN_ADDRESS),
    "ipv6": ("wrong_form", _NOT_AN_ADDRESS),
    "email": ("wrong_form", _NOT_AN_EMAIL),
    "idn-email": ("wrong_form", _NOT_AN_EMAIL),
    "uri": ("wrong_form", _NOT_A_URL),
    "iri": ("wrong_form", _NOT_A_URL),
}
REQUIRED_WITH: dict[str, str] = {
    "en": "This is required together with “{name}”.",
    "ru": "Это обязательно вместе с полем «{name}».",
}
NAMED_TWICE: dict[str, str] = {
    "en": "This is another name of “{key}”, which is given as well.",
    "ru": "Это другое имя поля «{key}», которое тоже указано.",
}
RETIRED: dict[str, str] = {
    "en": "“{choice}” is not chosen any more.",
    "ru": "Вариант «{choice}» больше не выбирают.",
}
CHECK_FAILED: dict[str, str] = {
    "en": "The check “{format}” of the plugin “{plugin}” did not answer. Try again, or leave the field empty.",
    "ru": "Проверка «{format}» плагина «{plugin}» не ответила. Повторите или оставьте поле пустым.",
}
MASKED = {
    "en": "This is the mask of a value, not a value. Enter the value itself, or leave the field out.",
    "ru": "Это скрытый вид значения, а не само значение. Введите его целиком или не передавайте поле.",
}


def limit_in(keyword: str, value: Any, language: str) -> str:
    """Return the keyword's value as it stands in a sentence."""
    if keyword == "type":
        names = value if isinstance(value, list) else [value]
        named = [str(name) for name in names if name != "null" or len(names) == 1]
        words = [TYPES[name][language] if name in TYPES else name for name in named]
        return (" or " if language == "en" else " или ").join(words)
    if keyword == "enum":
        return ", ".join(str(item) for item in value if item is not None)
    return str(value)
