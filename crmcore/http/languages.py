"""Which language to answer in."""

LANGUAGES = ("en", "ru")


def preferred(header: str, default: str = "en") -> str:
    """Return the language of ours that an ``Accept-Language`` header (RFC 9110 §12.5.4) likes best.

    Falls back to ``default`` when the header names none of ours or cannot be understood.
    """
    best, weight = default, 0.0
    for part in header.split(",", 20)[:20]:
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _quality(parameters)
        if language in LANGUAGES and quality > weight:
            best, weight = language, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
