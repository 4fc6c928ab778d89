"""Options of a field that nothing could ever satisfy, though each of them is possible alone."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from crmcore.contracts.fields import Options
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem

_NO_LANGUAGE: Label = {
    "en": "A label needs a text in English (“en”) or Russian (“ru”).",
    "ru": "Нужен текст на английском (“en”) или русском (“ru”).",
}
_CROSSED: Label = {
    "en": "The smallest value, {minimum}, is above the largest, {maximum}.",
    "ru": "Наименьшее значение {minimum} больше наибольшего {maximum}.",
}
_TOO_FEW: Label = {
    "en": "At least {minimum} must be chosen, but there are only {count} choices.",
    "ru": "Нужно выбрать не меньше {minimum}, а вариантов всего {count}.",
}
_NOT_ALLOWED: Label = {
    "en": "The currency {currency} is not among those that are possible: {known}.",
    "ru": "Валюты {currency} нет среди возможных: {known}.",
}
_CALLED_TWICE: Label = {
    "en": "Two choices are called “{name}”. Give one of them another label.",
    "ru": "Два варианта называются «{name}». Назовите один из них иначе.",
}


def senseless(options: Options) -> list[Problem]:
    """Return why no value could ever pass ``options``, which are possible one by one."""
    least, most = _number(options.get("minimum")), _number(options.get("maximum"))
    if least is not None and most is not None and least > most:
        said = {"minimum": str(options["minimum"])[:40], "maximum": str(options["maximum"])[:40]}
        return [Problem(path="/minimum", code="crossed", message=_CROSSED, params=said)]
    choices = options.get("choices")
    if isinstance(choices, list) and least is not None:
        count = sum(not (isinstance(choice, Mapping) and choice.get("retired")) for choice in choices)
        if least > count:
            said = {"minimum": str(options["minimum"])[:40], "count": str(count)}
            return [Problem(path="/minimum", code="too_few_choices", message=_TOO_FEW, params=said)]
    currencies, currency = options.get("currencies"), options.get("currency")
    if isinstance(currencies, list) and currency and currency not in currencies:
        known = ", ".join(str(one) for one in currencies[:20])
        said = {"currency": str(currency)[:10], "known": known}
        return [Problem(path="/currency", code="not_a_choice", message=_NOT_ALLOWED, params=said)]
    return []


def called_twice(options: Options) -> list[Problem]:
    """Return a problem for every choice that is called as an earlier one in the same language.

    Only the first could be written by its label. Choices that are chosen no more may be called so.
    """
    taken: set[tuple[str, str]] = set()
    problems = []
    for place, choice in enumerate(options.get("choices") or ()):
        if not isinstance(choice, Mapping) or choice.get("retired"):
            continue
        label = choice.get("label") or str(choice.get("value", ""))
        texts = label if isinstance(label, Mapping) else {"en": label, "ru": label}
        called = {(language, text.strip().casefold()) for language, text in texts.items() if text.strip()}
        if taken & called:
            path, params = f"/options/choices/{place}/label", {"name": text_of(label)[:80]}
            problems.append(Problem(path=path, code="repeated", message=_CALLED_TWICE, params=params))
        taken |= called
    return problems


def unread_label(label: Label) -> list[Problem]:
    """Return a problem for a label that nobody can read here: it has a language of its own alone."""
    if isinstance(label, dict) and not (label.get("en", "").strip() or label.get("ru", "").strip()):
        return [Problem(path="/label", code="no_language", message=_NO_LANGUAGE)]
    return []


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
