"""Commands: what a plugin adds to the command palette."""

from msgspec import Struct

from crmcore.contracts.labels import Label


class Command(Struct, frozen=True, kw_only=True):
    """A line of the palette that opens a path of ours (``/x/PLUGIN/KEY``).

    ``keywords`` are further words by which it is found; ``permission`` as for a page.
    """

    key: str
    label: Label
    open: str
    keywords: Label = ""
    icon: str = "puzzle"
    permission: str = ""
