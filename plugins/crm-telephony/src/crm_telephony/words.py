"""How calls are told."""

from crm_telephony.report import Report
from crmcore import Label, Tone, text_of

TWILIO: Label = {"en": "Phone line (Twilio)", "ru": "Телефонная линия (Twilio)"}
ASTERISK: Label = {"en": "Phone system (Asterisk)", "ru": "АТС (Asterisk)"}
CALLS: Label = {"en": "Calls", "ru": "Звонки"}
NO_CALLS: Label = {"en": "No calls yet.", "ru": "Звонков пока не было."}
HIDDEN: Label = {"en": "Hidden number", "ru": "Скрытый номер"}
CALL_BACK: Label = {"en": "Call back {who}", "ru": "Перезвонить: {who}"}
SUBJECT: Label = {"en": "Call: {who}", "ru": "Звонок: {who}"}
VOICEMAIL_TASK: Label = {
    "en": "Hear the voice message of {who}",
    "ru": "Прослушать голосовое сообщение: {who}",
}
INCOMING: Label = {"en": "Incoming call: {who}", "ru": "Входящий звонок: {who}"}
TALKING: Label = {"en": "Talking now", "ru": "Идёт разговор"}
RINGING: Label = {"en": "Ringing now", "ru": "Звонит сейчас"}
VOICEMAIL: Label = {"en": "Voice message", "ru": "Голосовое сообщение"}
RECORDING: Label = {"en": "Recording", "ru": "Запись"}
MISSED: Label = {"en": "Missed", "ru": "Пропущен"}
NOTE: Label = {"en": "Note", "ru": "Заметка"}
CHOOSE_LINE: Label = {"en": "Choose the line to call by.", "ru": "Выберите, по какой линии звонить."}
UNIT: Label = {"en": "s", "ru": "с"}
SCRIPT: Label = {"en": "Script: {name}", "ru": "Сценарий: {name}"}
RECORDING_WAITS: Label = {"en": "The recording is being fetched.", "ru": "Запись загружается."}
RECORDING_FAILED: Label = {"en": "The recording could not be fetched.", "ru": "Запись получить не удалось."}
RECORDING_DELETED: Label = {
    "en": "The recording was deleted, its time was over.",
    "ru": "Запись удалена: срок хранения истёк.",
}
DIRECTIONS: dict[str, Label] = {
    "": {"en": "All", "ru": "Все"},
    "any": {"en": "All", "ru": "Все"},
    "in": {"en": "Incoming", "ru": "Входящие"},
    "out": {"en": "Outgoing", "ru": "Исходящие"},
}
OUTCOMES: dict[str, Label] = {
    "": {"en": "All", "ru": "Все"},
    "answered": {"en": "Answered", "ru": "Отвеченные"},
    "missed": {"en": "Missed", "ru": "Пропущенные"},
    "recorded": {"en": "Recorded", "ru": "С записью"},
}
PERIODS: dict[str, Label] = {
    "1": {"en": "24 hours", "ru": "Сутки"},
    "7": {"en": "7 days", "ru": "7 дней"},
    "30": {"en": "30 days", "ru": "30 дней"},
    "90": {"en": "90 days", "ru": "90 дней"},
}
RESULTS: dict[str, Label] = {
    "": {"en": "–", "ru": "–"},
    "sold": {"en": "Sold", "ru": "Продажа"},
    "interested": {"en": "Interested", "ru": "Заинтересован"},
    "call_again": {"en": "Call again", "ru": "Перезвонить"},
    "solved": {"en": "Solved", "ru": "Решено"},
    "not_interested": {"en": "Not interested", "ru": "Не интересует"},
    "wrong_number": {"en": "Wrong number", "ru": "Ошиблись номером"},
    "no_talk": {"en": "Nobody to talk to", "ru": "Не дозвонились"},
}
FACTS: dict[str, Label] = {
    "when": {"en": "When", "ru": "Когда"},
    "contact": {"en": "Contact", "ru": "Контакт"},
    "number": {"en": "Number", "ru": "Номер"},
    "line": {"en": "Line", "ru": "Линия"},
    "queue": {"en": "Queue", "ru": "Очередь"},
    "agent": {"en": "Answered by", "ru": "Ответил"},
    "rang": {"en": "Rang at", "ru": "Звонил у"},
    "waited": {"en": "Waited", "ru": "Ожидание"},
    "talked": {"en": "Talked", "ru": "Разговор"},
    "held": {"en": "On hold", "ru": "На удержании"},
    "transferred": {"en": "Transferred to", "ru": "Переведён на"},
    "result": {"en": "Outcome", "ru": "Итог"},
    "notes": {"en": "Notes", "ru": "Заметки"},
}
_DIRECTIONS: dict[str, Label] = {
    "in": {"en": "Incoming call", "ru": "Входящий звонок"},
    "out": {"en": "Outgoing call", "ru": "Исходящий звонок"},
}

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
_MORE: dict[str, Label] = {
    "queue": {"en": "Queue {queue}.", "ru": "Очередь {queue}."},
    "waited": {"en": "Waited {length}.", "ru": "Ожидание {length}."},
    "agent": {"en": "Answered by {agent}.", "ru": "Ответил {agent}."},
    "held": {"en": "On hold {length}.", "ru": "На удержании {length}."},
    "transferred": {"en": "Transferred to {to}.", "ru": "Переведён на {to}."},
    "voicemail": {"en": "Left a voice message.", "ru": "Оставил голосовое сообщение."},
    "recorded": {"en": "Recorded.", "ru": "Записан."},
}
_RANG: Label = {"en": "{text}, rang {length}", "ru": "{text}, звонил {length}"}
_TALKED: Label = {"en": "{text}, {length}", "ru": "{text}, {length}"}
_SECONDS: Label = {"en": "{s} s", "ru": "{s} с"}
_MINUTES: Label = {"en": "{m} min {s} s", "ru": "{m} мин {s} с"}


def direction_text(direction: str, language: str) -> str:
    """Return which way a call goes."""
    return text_of(_DIRECTIONS[direction], language)


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


def incoming(who: str | Label, language: str) -> str:
    """Return the title of the card of a call that comes in."""
    return text_of(INCOMING, language, who=who if isinstance(who, str) else text_of(who, language))[:200]


def told(report: Report, language: str) -> str:
    """Return a call that is over in words, as its message: how it ended, and what else there was."""
    answered = report.outcome == "answered"
    seconds = report.talked_s if answered else report.waited_s
    parts = [call_text(report.direction, report.outcome, seconds, language) + "."]

    def add(name: str, **params: str) -> None:
        parts.append(text_of(_MORE[name], language, **params))

    if report.queue:
        add("queue", queue=report.queue)
    if answered and report.direction == "in" and report.waited_s:
        add("waited", length=length_text(report.waited_s, language))
    if answered and report.direction == "in" and report.agent:
        add("agent", agent=report.agent)
    if report.held_s:
        add("held", length=length_text(report.held_s, language))
    if report.transferred_to:
        add("transferred", to=report.transferred_to)
    if report.voicemail:
        add("voicemail")
    elif report.recording:
        add("recorded")
    return " ".join(parts)


def length_text(seconds: int, language: str) -> str:
    """Return a length of time: ``42 s``, ``2 min 5 s``."""
    minutes, rest = divmod(seconds, 60)
    return text_of(_MINUTES if minutes else _SECONDS, language, m=minutes, s=rest)
