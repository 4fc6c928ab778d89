"""Which numbers card issuers give out: first digits and lengths (ISO/IEC 7812; the schemes' published ranges)."""

# (first digits from, to, lengths). Ranges are compared over as many digits as they have.
_RANGES: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("4", "4", frozenset({13, 16, 19})),  # Visa
    ("51", "55", frozenset({16})),  # Mastercard
    ("2221", "2720", frozenset({16})),  # Mastercard
    ("34", "34", frozenset({15})),  # American Express
    ("37", "37", frozenset({15})),  # American Express
    ("300", "305", frozenset({14, 16})),  # Diners Club
    ("3095", "3095", frozenset({14, 16})),  # Diners Club
    ("36", "36", frozenset({14, 16, 19})),  # Diners Club
    ("38", "39", frozenset({14, 16, 19})),  # Diners Club
    ("6011", "6011", frozenset({16, 19})),  # Discover
    ("644", "649", frozenset({16, 19})),  # Discover
    ("65", "65", frozenset({16, 19})),  # Discover, RuPay, Troy, Elo
    ("60", "60", frozenset({16})),  # RuPay, Hipercard
    ("81", "82", frozenset({16, 17, 18, 19})),  # UnionPay, RuPay
    ("508", "508", frozenset({16})),  # RuPay
    ("62", "62", frozenset({16, 17, 18, 19})),  # UnionPay
    ("3528", "3589", frozenset({16, 17, 18, 19})),  # JCB
    ("2200", "2204", frozenset({16, 17, 18, 19})),  # Mir
    ("9792", "9792", frozenset({16})),  # Troy
    ("5066", "5067", frozenset({16})),  # Elo, Verve
    ("5061", "5061", frozenset({16, 18, 19})),  # Verve
    ("50", "50", frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro
    ("56", "58", frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro
    ("61", "61", frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro
    ("63", "63", frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro
    ("66", "69", frozenset({12, 13, 14, 15, 16, 17, 18, 19})),  # Maestro
)
SHORTEST, LONGEST = 12, 19


def is_issued(digits: str) -> bool:
    """Tell whether a scheme gives out numbers that begin like ``digits``, as long, and the last digit is right."""
    return _luhn(digits) and any(
        len(digits) in lengths and first <= digits[: len(first)] <= last for first, last, lengths in _RANGES
    )


def _luhn(digits: str) -> bool:
    total = 0
    for place, sign in enumerate(reversed(digits)):
        number = ord(sign) - 48
        if place % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0
