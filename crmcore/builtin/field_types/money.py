"""Money: an exact amount with its currency."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crmcore.builtin.field_types.currencies import currency_digits, currency_signs
from crmcore.builtin.field_types.numbers import exact_decimal
from crmcore.builtin.field_types.options import ORDERED, options_schema
from crmcore.contracts.fields import FieldType, JsonSchema, Options
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue

_NOT_MONEY: Label = {
    "en": "Write an amount and a currency, like 12.50 EUR.",
    "ru": "Укажите сумму и валюту, например 12.50 EUR.",
}
_NOT_A_CURRENCY: Label = {"en": "Possible currencies: {known}.", "ru": "Возможные валюты: {known}."}
_WHICH_CURRENCY: Label = {
    "en": "Write the currency by its three letters instead of {sign}, like {example}.",
    "ru": "Вместо знака {sign} укажите валюту тремя буквами, например {example}.",
}
_DIGITS = currency_digits()
_SIGNS = currency_signs()
_SIGN = re.compile(f"[{''.join(_SIGNS)}]")
_TYPED = re.compile(r"(?:(?P<first>[A-Za-z]{3})\s*)?(?P<amount>[^A-Za-z]+?)\s*(?P<last>[A-Za-z]{3})?")


def money_type() -> FieldType:
    """Return ``money``: ``{"amount": "12.50", "currency": "EUR"}``, the currency by ISO 4217."""
    code = {"type": "string", "enum": sorted(_DIGITS)}
    return FieldType(
        key="money",
        label={"en": "Money", "ru": "Деньги"},
        schema=_schema,
        clean=clean_money,
        render=_render,
        widget="money",
        options_schema=options_schema(
            currencies={"type": "array", "items": code, "minItems": 1, "uniqueItems": True},
            currency=code,
            negative={"type": "boolean"},
        ),
        operators=ORDERED,
    )


def _currencies(options: Options) -> list[str]:
    return list(options.get("currencies") or sorted(_DIGITS))


def _schema(options: Options) -> JsonSchema:
    sign = "-?" if options.get("negative", True) else ""
    return {
        "type": "object",
        "properties": {
            "amount": {
                "type": "string",
                "pattern": rf"^{sign}[0-9]{{1,15}}(\.[0-9]{{1,4}})?$",
                "maxLength": 20,
            },
            "currency": {"type": "string", "enum": _currencies(options)},
        },
        "required": ["amount", "currency"],
        "additionalProperties": False,
        "x-crm": {"stored": "money"},
    }


def clean_money(value: Any, options: Options) -> Any:
    """Return an amount with as many digits as its currency has; accepts ``12,5 eur``, ``EUR 12.50``, ``€12.50`` too.

    Without a currency it is the option ``currency``, or the only possible one. Raises InvalidValue for a sign that
    may stand for several, and for an amount that could mean two numbers.
    """
    if isinstance(value, str):
        if not value.strip():
            return None
        text, signed = _without_sign(value.strip(), options)
        found = _TYPED.fullmatch(text)
        if found is None or (found["first"] and found["last"]):
            raise InvalidValue(_NOT_MONEY, code="wrong_type")
        value = {"amount": found["amount"], "currency": found["first"] or found["last"] or signed}
    elif isinstance(value, int | float) and not isinstance(value, bool):
        value = {"amount": value, "currency": ""}
    if not isinstance(value, Mapping) or not {"amount"} <= set(value) <= {"amount", "currency"}:
        raise InvalidValue(_NOT_MONEY, code="wrong_type")
    possible = _currencies(options)
    currency = value.get("currency") or options.get("currency") or (possible[0] if len(possible) == 1 else "")
    currency = currency.upper() if isinstance(currency, str) else currency
    if not isinstance(currency, str) or currency not in possible:
        known = ", ".join(possible[:20]) + ("…" if len(possible) > 20 else "")
        raise InvalidValue(_NOT_A_CURRENCY if currency else _NOT_MONEY, code="not_a_choice", known=known)
    return {"amount": exact_decimal(value["amount"], _DIGITS[currency]), "currency": currency}


def _without_sign(text: str, options: Options) -> tuple[str, str]:
    """Return what was typed without the sign of a currency, and the currency that the sign stands for here."""
    found = _SIGN.findall(text)
    if not found:
        return text, ""
    sign, rest = found[0], _SIGN.sub(" ", text, count=1).strip()
    if len(found) > 1:
        raise InvalidValue(_NOT_MONEY, code="wrong_type")
    rest = f"-{rest[1:].strip()}" if rest[:1] in ("-", "\u2212") else rest
    possible = _currencies(options)
    meant = [code for code in _SIGNS[sign] if code in possible]
    named = re.findall(r"[A-Za-z]{3}", rest)
    if named:
        if named[0].upper() in _SIGNS[sign]:
            return rest, ""
    elif options.get("currency") in _SIGNS[sign]:
        return rest, options["currency"]
    elif len(meant) == 1:
        return rest, meant[0]
    code = meant[0] if meant else possible[0]
    raise InvalidValue(_WHICH_CURRENCY, code="ambiguous_currency", sign=sign, example=f"100 {code}")


def _render(value: Any, options: Options, language: str) -> str:
    from babel.numbers import format_currency

    try:
        return format_currency(Decimal(value["amount"]), value["currency"], locale=language)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return "" if value is None else str(value)
