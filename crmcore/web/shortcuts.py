"""The map of keys, as people read it. The script ``keys.js`` does what it says."""

from msgspec import Struct

from crmcore.accounts.keys import ACTIONS
from crmcore.contracts.labels import text_of
from crmcore.web.own_keys import OwnKeys
from crmcore.web.texts import N_, Texts


class Shortcuts(Struct, frozen=True):
    """One part of the map: its title, and of each line the keys, written side by side, and what they do."""

    title: str
    lines: tuple[tuple[str, str], ...]


class Part(Struct, frozen=True):
    """One part before it is somebody's: names of actions, and lines whose keys nobody changes."""

    title: str
    lines: tuple[str | tuple[str, str], ...]


MAP = (
    Part(
        N_("Everywhere"),
        (
            ("Ctrl K|{search}", N_("Search or jump to…")),
            "sheet",
            "go_inbox",
            "go_contacts",
            "go_companies",
            "go_tasks",
            "go_notifications",
            "go_settings",
            "create",
            ("Ctrl ↵", N_("Send, save")),
            "undo",
            "theme",
            ("Esc", N_("Close, choose none, leave the text")),
        ),
    ),
    Part(
        N_("In a list"),
        (
            ("{next}|↓", N_("Next row")),
            ("{previous}|↑", N_("Previous row")),
            ("↵|{open}", N_("Open the row")),
            "choose",
            ("{choose_next}|{choose_previous}", N_("Choose more rows")),
            ("{record_before}|{record_after}", N_("Previous and next record")),
        ),
    ),
    Part(
        N_("In a conversation, or with the chosen ones"),
        (
            "reply",
            "note",
            "close",
            "close_next",
            "snooze",
            "assign",
            "assign_me",
            "tags",
            "priority",
            "details",
            ("Alt 1…9", N_("Open a plugin’s panel")),
        ),
    ),
    Part(
        N_("While writing"),
        (("/", N_("Canned replies")), ("@", N_("Mention a colleague in a note"))),
    ),
)


def shortcuts(texts: Texts, keys: OwnKeys) -> list[Shortcuts]:
    """Return the map in the reader's language, with the reader's own keys."""
    names = {name: keys.shown(name) for name in ACTIONS}

    def line(entry: str | tuple[str, str]) -> tuple[str, str]:
        if isinstance(entry, str):
            return names[entry], text_of(ACTIONS[entry].label, texts.language)
        written, text = entry
        return written.format(**names), texts.gettext(text)

    return [Shortcuts(texts.gettext(part.title), tuple(map(line, part.lines))) for part in MAP]
