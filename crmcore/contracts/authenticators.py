"""Single sign-on: somebody else proves who a person is, and the core decides who that is here."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.labels import Label

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class Departure(Struct, frozen=True, kw_only=True):
    """Where the browser goes to be recognised.

    ``memory`` comes back with the browser, sealed in its cookie meanwhile: a nonce, a PKCE verifier.
    """

    url: str
    memory: dict[str, str] = {}


class SignInStart(Struct, frozen=True, kw_only=True):
    """A browser that wants to be recognised. The provider sends it back to ``return_url``, with ``state``.

    The core checks the state: a browser comes back by the way it left, or not at all.
    """

    return_url: str
    state: str
    language: str = "en"


class SignInReturn(Struct, frozen=True, kw_only=True):
    """A browser that came back: the query of its address, and the ``memory`` of its departure."""

    query: Mapping[str, str]
    memory: Mapping[str, str]
    return_url: str
    language: str = "en"


class ExternalIdentity(Struct, frozen=True, kw_only=True):
    """Whom the provider has recognised. ``issuer`` and ``subject`` together are one person for ever.

    ``email`` counts only when it is ``email_verified``. ``groups`` are the provider's, for roles and teams.
    """

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""
    language: str = ""
    groups: tuple[str, ...] = ()
    provider: str = ""


class Admission(Struct, frozen=True, kw_only=True):
    """Whether and as whom somebody recognised outside is let in.

    Without ``allowed`` nobody enters, and ``reason`` says why. ``link_by_email`` takes a user with the same
    verified address for the same person; ``create`` makes a user who is not there. ``role`` and ``teams`` (by
    name) are set at every sign-in; empty and None leave them as they are.
    """

    allowed: bool = True
    reason: Label = ""
    link_by_email: bool = False
    create: bool = False
    role: str = ""
    teams: tuple[str, ...] | None = None


class Authenticator(Struct, frozen=True, kw_only=True):
    """A way to sign in beside the password. The core owns its pages: ``/auth/PLUGIN/start`` and ``/callback``.

    ``button`` returns what stands on the button, or nothing while it is not set up. ``start`` and ``finish`` may
    ask the provider through ``plugin.http``; they raise :class:`~crmcore.Refusal` to say why not.
    """

    button: "Callable[[PluginContext], Label]"
    start: "Callable[[SignInStart, PluginContext], Awaitable[Departure]]"
    finish: "Callable[[SignInReturn, PluginContext], Awaitable[ExternalIdentity]]"
    icon: str = "key"
