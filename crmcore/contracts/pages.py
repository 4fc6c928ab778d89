"""Pages of plugins, with their entries in the menu."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.actions import ActionRef
from crmcore.contracts.actors import Actor
from crmcore.contracts.blocks import Block
from crmcore.contracts.labels import Label
from crmcore.contracts.values import Link

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class PageRequest(Struct, frozen=True, kw_only=True):
    """Who asks for a page, and what stands in its address: ``query``, and ``path`` after the page's own address."""

    actor: Actor
    language: str = "en"
    query: Mapping[str, str] = {}
    path: str = ""


class Filters(Struct, frozen=True, kw_only=True):
    """A form above the page that asks for it anew with what was chosen in the query.

    ``type`` is a Struct, all of whose fields have defaults; ``values`` are what stands in the form now, by field.
    What people type comes back as text in ``PageRequest.query``, unchecked.
    """

    type: type[Struct]
    values: Mapping[str, Any] = {}


class PageContent(Struct, frozen=True, kw_only=True):
    """What a page shows; ``title`` instead of the page's own, ``more`` leads to the next part of a long list.

    Links of pages are paths of ours (``/x/PLUGIN/KEY?after=…``) or ``https:``.
    """

    blocks: tuple[Block, ...] = ()
    title: str = ""
    actions: tuple[ActionRef, ...] = ()
    filters: Filters | None = None
    more: Link | None = None


class Page(Struct, frozen=True, kw_only=True):
    """A page at ``/x/PLUGIN/KEY``, and the same as data at ``/api/x/PLUGIN/pages/KEY``.

    ``menu`` gives it an entry in the menu, in the order of ``order``; ``count(actor, plugin)`` is the number that
    stands there: how many things wait for this person. ``permission`` is one of the plugin's own or the core's; empty
    lets in everybody who has signed in.
    """

    key: str
    title: Label
    load: "Callable[[PageRequest, PluginContext], Awaitable[PageContent]]"
    icon: str = "puzzle"
    menu: bool = True
    permission: str = ""
    count: "Callable[[Actor, PluginContext], Awaitable[int]] | None" = None
    order: int = 500
    timeout_s: float = 5.0
