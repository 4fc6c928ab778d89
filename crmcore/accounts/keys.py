"""Single keys of the pages: what each does, and those that users chose themselves."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.accounts.noted import note_of
from crmcore.accounts.tables import User
from crmcore.clock import Clock
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.database.database import Database
from crmcore.errors import Invalid, NotFound

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIGNS = frozenset(LETTERS + LETTERS.upper() + "0123456789[]/?")
"""What a single key can be: a capital letter is the letter with the shift key."""
AFTER_GO = frozenset(LETTERS)
# Where these letters lie on a Latin keyboard: who types with a Cyrillic layout means the key, not the letter.
_CYRILLIC = dict(zip("фисвуапршолдьтщзйкыегмцчня", LETTERS, strict=True)) | {"х": "[", "ъ": "]"}

_UNKNOWN: Label = {"en": "There is no such action.", "ru": "Такого действия нет."}
_NO_KEY: Label = {
    "en": "One letter, digit, or one of [ ] / ? is needed; a capital letter is the letter with Shift.",
    "ru": "Нужна одна буква, цифра или один из знаков [ ] / ?; заглавная буква — это буква с Shift.",
}
_NO_LETTER: Label = {"en": "One small letter is needed here.", "ru": "Здесь нужна одна строчная буква."}
_TAKEN: Label = {"en": "This key is taken: {other}.", "ru": "Эта клавиша занята: {other}."}


class KeyAction(Struct, frozen=True, kw_only=True):
    """One thing that a key does. ``after_go`` is one that is pressed after the key of “go to”."""

    key: str
    label: Label
    after_go: bool = False


def _action(key: str, en: str, ru: str, *, after_go: bool = False) -> KeyAction:
    return KeyAction(key=key, label={"en": en, "ru": ru}, after_go=after_go)


ACTIONS: Mapping[str, KeyAction] = {
    "search": _action("/", "Search or jump to…", "Найти или перейти…"),
    "sheet": _action("?", "This sheet", "Эта памятка"),
    "go": _action("g", "Go to…", "Перейти…"),
    "go_inbox": _action("i", "Inbox", "Входящие", after_go=True),
    "go_contacts": _action("c", "Contacts", "Контакты", after_go=True),
    "go_companies": _action("o", "Companies", "Компании", after_go=True),
    "go_tasks": _action("t", "Tasks", "Задачи", after_go=True),
    "go_notifications": _action("n", "Notifications", "Уведомления", after_go=True),
    "go_settings": _action("s", "Settings", "Настройки", after_go=True),
    "create": _action("c", "Create…", "Создать…"),
    "undo": _action("z", "Take the last action back", "Отменить последнее действие"),
    "theme": _action("D", "Light or dark", "Светлая или тёмная тема"),
    "next": _action("j", "Next row", "Следующая строка"),
    "previous": _action("k", "Previous row", "Предыдущая строка"),
    "open": _action("o", "Open the row", "Открыть строку"),
    "choose": _action("x", "Choose the row", "Выбрать строку"),
    "choose_next": _action("J", "Choose more rows, down", "Выбрать ещё строки, вниз"),
    "choose_previous": _action("K", "Choose more rows, up", "Выбрать ещё строки, вверх"),
    "record_before": _action("[", "Previous record", "Предыдущая запись"),
    "record_after": _action("]", "Next record", "Следующая запись"),
    "reply": _action("r", "Write a reply", "Написать ответ"),
    "note": _action("n", "Write a note", "Написать заметку"),
    "close": _action("e", "Close, or open again", "Закрыть или открыть снова"),
    "close_next": _action("E", "Close and next", "Закрыть и следующий"),
    "snooze": _action("s", "Snooze…", "Отложить…"),
    "assign": _action("a", "Assign…", "Назначить…"),
    "assign_me": _action("m", "Assign to me", "Назначить мне"),
    "tags": _action("l", "Tags…", "Метки…"),
    "priority": _action("p", "Priority…", "Приоритет…"),
    "details": _action("i", "Show or hide details", "Показать или скрыть сведения"),
}
"""Every action with the key it has until somebody chooses another."""


def key_map(own: Mapping[str, str]) -> dict[str, str]:
    """Return every action's key for somebody who chose ``own``."""
    return {name: own.get(name, action.key) for name, action in ACTIONS.items()}


def checked_keys(asked: Mapping[str, str]) -> dict[str, str]:
    """Return what of ``asked`` differs from the defaults.

    Raises :class:`~crmcore.errors.Invalid` for an unknown action, what is no key, and a key given twice.
    """
    problems = [
        Problem(path=f"/keys/{name[:60]}", code="unknown_action", message=_UNKNOWN)
        for name in list(asked)[:60]
        if name not in ACTIONS
    ]
    own: dict[str, str] = {}
    for name in ACTIONS:
        if name not in asked:
            continue
        key, action = asked[name].strip(), ACTIONS[name]
        latin = _CYRILLIC.get(key.lower(), "")
        key = (latin.upper() if key.isupper() else latin) or key
        if key not in (AFTER_GO if action.after_go else SIGNS):
            message = _NO_LETTER if action.after_go else _NO_KEY
            problems.append(Problem(path=f"/keys/{name}", code="no_key", message=message))
        elif key != action.key:
            own[name] = key
    return own if not problems and not (problems := _twice(own)) else _refuse(problems)


def _twice(own: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each action that was given the key of another."""
    places: dict[tuple[bool, str], list[str]] = {}
    for name, key in key_map(own).items():
        places.setdefault((ACTIONS[name].after_go, key), []).append(name)
    problems = []
    for names in places.values():
        for name in names if len(names) > 1 else ():
            # The one that was moved is told; two that were moved are both.
            if name in own:
                other = next(other for other in names if other != name)
                params = {"other": ACTIONS[other].label}
                problems.append(
                    Problem(path=f"/keys/{name}", code="key_taken", message=_TAKEN, params=params)
                )
    return problems


def _refuse(problems: list[Problem]) -> dict[str, str]:
    raise Invalid(problems=tuple(problems))


class Keys:
    """The keys of one workspace's users."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def choose(self, user: UUID, asked: Mapping[str, str]) -> dict[str, str]:
        """Keep the keys in ``asked``, every other action gets its default back; return the whole map.

        Raises :class:`~crmcore.errors.Invalid` for a key that is none or taken, and
        :class:`~crmcore.errors.NotFound`.
        """
        own = checked_keys(asked)
        async with self._database.transaction():
            row = await User.select(User.keys).where(User.id == user).first()
            if row is None:
                raise NotFound
            before = own_keys(row["keys"])
            if own != before:
                await User.update({User.keys: msgspec.json.encode(own).decode()}).where(User.id == user)
                await note_of(self._clock, "change", "keys", user, changes={"keys": [before, own]})
        return key_map(own)


def own_keys(stored: str) -> dict[str, str]:
    """Return the keys that a user chose, from their column; an action that is gone since is left out."""
    found = msgspec.json.decode(stored or "{}", type=dict[str, str])
    return {name: key for name, key in found.items() if name in ACTIONS}
