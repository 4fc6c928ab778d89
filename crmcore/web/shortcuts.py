"""The map of keys, as people read it. The script ``keys.js`` does what it says."""

from msgspec import Struct

from crmcore.web.texts import N_, Texts


class Shortcuts(Struct, frozen=True):
    """One part of the map: its title, and of each line the keys, written side by side, and what they do."""

    title: str
    lines: tuple[tuple[str, str], ...]


MAP = (
    Shortcuts(
        N_("Everywhere"),
        (
            ("Ctrl K|/", N_("Search or jump to…")),
            ("?", N_("This sheet")),
            ("G I", N_("Inbox")),
            ("G C", N_("Contacts")),
            ("G O", N_("Companies")),
            ("G T", N_("Tasks")),
            ("G N", N_("Notifications")),
            ("G S", N_("Settings")),
            ("C", N_("Create…")),
            ("Ctrl ↵", N_("Send, save")),
            ("Z", N_("Take the last action back")),
            ("⇧ D", N_("Light or dark")),
            ("Esc", N_("Close, choose none, leave the text")),
        ),
    ),
    Shortcuts(
        N_("In a list"),
        (
            ("J|↓", N_("Next row")),
            ("K|↑", N_("Previous row")),
            ("↵|O", N_("Open the row")),
            ("X", N_("Choose the row")),
            ("⇧ J|⇧ K", N_("Choose more rows")),
            ("[|]", N_("Previous and next record")),
        ),
    ),
    Shortcuts(
        N_("In a conversation, or with the chosen ones"),
        (
            ("R", N_("Write a reply")),
            ("N", N_("Write a note")),
            ("E", N_("Close, or open again")),
            ("⇧ E", N_("Close and next")),
            ("S", N_("Snooze…")),
            ("A", N_("Assign…")),
            ("M", N_("Assign to me")),
            ("L", N_("Tags…")),
            ("P", N_("Priority…")),
            ("I", N_("Show or hide details")),
            ("Alt 1…9", N_("Open a plugin’s panel")),
        ),
    ),
    Shortcuts(
        N_("While writing"),
        (("/", N_("Canned replies")), ("@", N_("Mention a colleague in a note"))),
    ),
)


def shortcuts(texts: Texts) -> list[Shortcuts]:
    """Return the map in the reader's language."""
    return [
        Shortcuts(texts.gettext(part.title), tuple((keys, texts.gettext(text)) for keys, text in part.lines))
        for part in MAP
    ]
