"""What is stored of sentences in conversations, said to whoever reads: in their language, in their zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.sayings import Saying
from crmcore.conversations.event_lines import LINES, moment_text
from crmcore.conversations.sentences import SENTENCES
from crmcore.records.reasons import REASONS

_SENTENCES: Mapping[str, Label] = (
    SENTENCES | {f"event.{name}": line for name, line in LINES.items()} | dict(REASONS)
)
# A sentence quotes another one, and that one a third: deeper is nobody's sentence.
_DEEPEST = 4
_MARK = "crmcore:"


def said(**texts: str) -> str:
    """Return, as the column ``said`` has it, what those of ``texts`` were made of that remember it."""
    return msgspec.json.encode(
        {name: text.made_of for name, text in texts.items() if isinstance(text, Saying)}
    ).decode()


def line_kept(text: str) -> str:
    """Return ``text`` as a text column keeps it: a sentence of ours by what it is made of, in one line."""
    if isinstance(text, Saying) and told(text.made_of, "en", "UTC"):
        return _MARK + msgspec.json.encode(text.made_of).decode()
    return str(text)


def lines_told(stored: str, language: str, time_zone: str) -> str:
    """Return the lines of a text column in ``language``; those that are no sentence of ours as they are kept."""
    return "\n".join(_line_told(line, language, time_zone) for line in stored.split("\n"))


def _line_told(line: str, language: str, time_zone: str) -> str:
    if not line.startswith(_MARK):
        return line
    try:
        made_of = msgspec.json.decode(line[len(_MARK) :])
    except msgspec.DecodeError:
        return line
    return told(made_of, language, time_zone) or line


def told(made_of: Any, language: str, time_zone: str, depth: int = 0) -> str:
    """Return the sentence in ``language``; empty when it is none that this version knows."""
    if isinstance(made_of, str):
        return made_of
    if not isinstance(made_of, dict) or depth > _DEEPEST:
        return ""
    if "texts" in made_of:
        return text_of(made_of["texts"], language)
    if "parts" in made_of:
        parts = [told(part, language, time_zone, depth + 1) for part in made_of["parts"]]
        return " ".join(parts) if all(parts) else ""
    label = _SENTENCES.get(made_of.get("code", ""))
    if label is None:
        return ""
    params = {
        name: _param(value, language, time_zone, depth) for name, value in made_of.get("params", {}).items()
    }
    return text_of(label, language, **params)


def _param(value: Any, language: str, time_zone: str, depth: int) -> Any:
    if not isinstance(value, dict):
        return value
    if "moment" in value:
        return moment_text(datetime.fromisoformat(value["moment"]), time_zone, language)
    return told(value, language, time_zone, depth + 1)
