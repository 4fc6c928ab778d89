"""How calls are told."""

from crmcore import Label, Tone, text_of

CHANNEL: Label = {"en": "Phone line (Twilio)", "ru": "Телефонная линия (Twilio)"}
CALLS: Label = {"en": "Calls", "ru": "Звонки"}
NO_CALLS: Label = {"en": "No calls yet.", "ru": "Звонков пока не было."}
HIDDEN: Label = {"en": "Hidden number", "ru": "Скрытый номер"}
CALL_BACK: Label = {"en": "Call back {who}", "ru": "Перезвонить: {who}"}
SUBJECT: Label = {"en": "Call: {who}", "ru": "Звонок: {who}"}
RECORDED: Label = {"en": "Recording ({length}): {url}", "ru": "Запись ({length}): {url}"}
RECORDING: Label = {"en": "Recording", "ru": "Запись"}

_TEXTS: dict[tuple[str, str], tuple[Label, Tone]] = {
    ("in", "answered"): ({"en": "Incoming call", "ru": "Входящий звонок"}, "ok"),
    ("in", "missed"): ({"en": "Missed call", "ru": "Пропущенный звонок"}, "bad"),
    ("in", "busy"): (
        {"en": "Missed call, the line was busy", "ru": "Пропущенный звонок, линия занята"},
        "bad",
    ),
    ("in", "failed"): (
        {"en": "Missed call, no connection", "ru": "Пропущенный звонок, нет соединения"},
        "bad",
    ),
    ("in", "cancelled"): (
        {"en": "Missed call, the caller gave up", "ru": "Пропущенный звонок, не дождались"},
        "bad",
    ),
    ("out", "answered"): ({"en": "Outgoing call", "ru": "Исходящий звонок"}, "ok"),
    ("out", "missed"): ({"en": "Outgoing call, no answer", "ru": "Исходящий звонок, без ответа"}, "warn"),
    ("out", "busy"): ({"en": "Outgoing call, busy", "ru": "Исходящий звонок, занято"}, "warn"),
    ("out", "failed"): (
        {"en": "Outgoing call, no connection", "ru": "Исходящий звонок, нет соединения"},
        "warn",
    ),
    ("out", "cancelled"): ({"en": "Outgoing call, cancelled", "ru": "Исходящий звонок, отменён"}, "neutral"),
}
_RANG: Label = {"en": "{text}, rang {length}", "ru": "{text}, звонил {length}"}
_TALKED: Label = {"en": "{text}, {length}", "ru": "{text}, {length}"}
_SECONDS: Label = {"en": "{s} s", "ru": "{s} с"}
_MINUTES: Label = {"en": "{m} min {s} s", "ru": "{m} мин {s} с"}


def tone_of(direction: str, outcome: str) -> Tone:
    """Return the colour of such a call."""
    return _TEXTS[direction, outcome][1]


def call_text(direction: str, outcome: str, seconds: int, language: str) -> str:
    """Return a call in words: ``Missed call, rang 24 s``."""
    text = text_of(_TEXTS[direction, outcome][0], language)
    if not seconds:
        return text
    told = _TALKED if outcome == "answered" else _RANG
    return text_of(told, language, text=text, length=length_text(seconds, language))


def length_text(seconds: int, language: str) -> str:
    """Return a length of time: ``42 s``, ``2 min 5 s``."""
    minutes, rest = divmod(seconds, 60)
    return text_of(_MINUTES if minutes else _SECONDS, language, m=minutes, s=rest)
