"""Why the product itself changed something: kept as a code with its arguments, said in the reader's language.

What a person or a plugin gives as a reason is kept as it is, and so are reasons from before there were codes.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.sayings import Saying

REASONS: Mapping[str, Label] = {
    "reason.import_row": {"en": "{file}, row {row}", "ru": "{file}, строка {row}"},
    "reason.import_undone": {"en": "undo of the import of {file}", "ru": "отмена импорта файла {file}"},
    "reason.new_contact": {
        "en": "Nobody with these contact points was known.",
        "ru": "Таких данных ни у кого не было.",
    },
    "reason.company_named": {"en": "named by a contact", "ru": "названа в данных контакта"},
    "reason.field_mapped": {
        "en": "mapped with field {field}",
        "ru": "приведено к новым правилам поля {field}",
    },
    "reason.task_repeats": {"en": "it repeats", "ru": "задача повторяется"},
    "reason.bulk_undone": {
        "en": "A change of many was taken back",
        "ru": "Отменено изменение многих записей",
    },
    "reason.settings": {"en": "settings", "ru": "настройки"},
    "reason.teams": {"en": "teams", "ru": "команды"},
    "reason.fetched": {"en": "fetched", "ru": "получено"},
    "reason.merged": {
        "en": "A duplicate was merged into this record",
        "ru": "С этой записью объединён дубликат",
    },
    "reason.merge_undone": {"en": "A merge was taken back", "ru": "Объединение отменено"},
}
# What was kept before there was a code, and what it says.
_BEFORE = {"merge": "reason.merged", "undo merge": "reason.merge_undone"}
_OF_A_MERGE = re.compile(r"(merge|undo merge) [0-9a-f-]{36}")
_MARK = "crmcore:"
_LONGEST = 500


def reason(name: str, language: str = "en", **params: Any) -> Saying:
    """Return the reason ``name`` in ``language``, which remembers what it says."""
    code = f"reason.{name}"
    return Saying.coded(text_of(REASONS[code], language, **params), code, params)


def stored_reason(text: str) -> str:
    """Return ``text`` as the history keeps it, at most 500 characters: a reason of ours by its code."""
    if isinstance(text, Saying) and text.made_of.get("code") in REASONS:
        kept = _MARK + msgspec.json.encode(text.made_of).decode()
        if len(kept) <= _LONGEST:
            return kept
    return str(text)[:_LONGEST]


def said_reason(stored: str, language: str) -> str:
    """Return a kept reason in ``language``; what is none of ours as it is kept."""
    if not stored.startswith(_MARK):
        before = _OF_A_MERGE.fullmatch(stored)
        return text_of(REASONS[_BEFORE[before[1]]], language) if before else stored
    try:
        made_of = msgspec.json.decode(stored[len(_MARK) :], type=dict[str, Any])
    except msgspec.DecodeError:
        return stored
    label, params = REASONS.get(str(made_of.get("code"))), made_of.get("params")
    return text_of(label, language, **params) if label and isinstance(params, dict) else stored
