"""Single sign-on: the way to a provider and back, and who that is here."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.accounts.attempts import Limit, place_of
from crmcore.accounts.external_users import ExternalUsers
from crmcore.contracts.authenticators import (
    Admission,
    Authenticator,
    Departure,
    ExternalIdentity,
    SignInReturn,
    SignInStart,
)
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Refusal
from crmcore.errors import NotFound, NotSignedIn
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered
from crmcore.secrets.keys import SecretError

if TYPE_CHECKING:
    from crmcore.workspace import Crm

LIFETIME = timedelta(minutes=10)
START_TIMEOUT_S = 15.0
FINISH_TIMEOUT_S = 30.0
BUTTON_TIMEOUT_S = 0.5
# Every return asks the provider something: one address does not make us ask all day.
PER_ADDRESS = Limit(30, 30, 900)

_ELSEWHERE: Label = {
    "en": "This sign-in did not begin in this browser, or took too long. Try again.",
    "ru": "Этот вход начат не в этом браузере или занял слишком много времени. Попробуйте ещё раз.",
}
_FAILED: Label = {
    "en": "The sign-in did not work: {reason}",
    "ru": "Войти не получилось: {reason}",
}


class Button(Struct, frozen=True):
    """A button of the sign-in page."""

    plugin: str
    label: str
    icon: str


class Trip(Struct, frozen=True, kw_only=True):
    """What a browser keeps, sealed, between start and callback."""

    state: str
    memory: dict[str, str]
    next: str
    until: float
    link_to: str = ""


class ExternalSignIn:
    """Sends browsers to providers and takes them back."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self.users = ExternalUsers(crm)

    async def buttons(self, language: str) -> list[Button]:
        """Return the ways to sign in that are set up; a plugin that fails has none."""
        found = []
        for plugin, owned in self._crm.registry.authenticators.items():
            try:
                label = await self._run(plugin, "button", owned.item.button, timeout_s=BUTTON_TIMEOUT_S)
            except PluginFailed:
                continue
            if text := text_of(label, language)[:80]:
                found.append(Button(plugin, text, owned.item.icon))
        return found

    async def start(
        self, plugin: str, *, next: str, language: str, link_to: UUID | None = None
    ) -> tuple[str, str]:
        """Return the provider's address and what the browser keeps in its cookie.

        ``link_to`` is the signed-in user who wants to be recognised by this provider from now on. Raises NotFound
        and NotSignedIn.
        """
        authenticator = self._authenticator(plugin)
        state = secrets.token_urlsafe(32)
        start = SignInStart(return_url=self.return_url(plugin), state=state, language=language)
        departure: Departure = await self._asked(plugin, "start", authenticator.start, start, START_TIMEOUT_S)
        until = self._crm.clock() + LIFETIME
        trip = Trip(
            state=state,
            memory=departure.memory,
            next=next,
            until=until.timestamp(),
            link_to=str(link_to or ""),
        )
        sealed = self._crm.keys.encrypt(msgspec.json.encode(trip).decode(), "sign_in", plugin)
        return departure.url, sealed

    async def finish(
        self,
        plugin: str,
        cookie: str,
        query: Mapping[str, str],
        *,
        address: str,
        language: str,
        signed_in: str = "",
    ) -> tuple[UUID, str, bool]:
        """Return whom the provider has recognised, where they wanted to go, and whether it was to link them.

        ``signed_in`` is the id of the user in this browser now: only who began to link an account gets it linked.
        Raises NotSignedIn with a sentence for the person, NotFound without such a provider, TooMany.
        """
        authenticator = self._authenticator(plugin)
        trip = self._trip(plugin, cookie, query.get("state", ""))
        if trip.link_to and trip.link_to != signed_in:
            raise NotSignedIn(_ELSEWHERE, code="sign_in_elsewhere")
        subject = f"external {place_of(address)}"
        attempt = await self._crm.accounts.attempts.spend({subject: PER_ADDRESS})
        arrival = SignInReturn(
            query=dict(query), memory=trip.memory, return_url=self.return_url(plugin), language=language
        )
        identity: ExternalIdentity = await self._asked(
            plugin, "finish", authenticator.finish, arrival, FINISH_TIMEOUT_S
        )
        identity = msgspec.structs.replace(identity, provider=plugin)
        if trip.link_to:
            user_id = await self.users.link(UUID(trip.link_to), identity)
        else:
            user_id = await self.users.enter(identity, await self._admission(identity))
        await self._crm.accounts.attempts.forget(attempt)
        return user_id, trip.next, bool(trip.link_to)

    def return_url(self, plugin: str) -> str:
        """Return the address that a provider has to know: where it sends browsers back to."""
        return f"{self._crm.settings.base_url.rstrip('/')}/auth/{plugin}/callback"

    async def _admission(self, identity: ExternalIdentity) -> Admission | None:
        dispatch = self._crm.host.dispatch
        for plugin in dispatch.implementers("authenticate"):
            try:
                answer: Admission | None = await dispatch.call_one(plugin, "authenticate", identity=identity)
            except PluginFailed as failed:
                # Deny: who cannot say no must not be taken for a yes.
                raise _refused(_said(failed)) from failed
            except Refusal as refusal:
                raise _refused(_reason(refusal)) from refusal
            if answer is not None:
                return answer
        return None

    def _authenticator(self, plugin: str) -> Authenticator:
        owned: Registered[Authenticator] | None = self._crm.registry.authenticators.get(plugin)
        if owned is None:
            raise NotFound
        return owned.item

    def _trip(self, plugin: str, cookie: str, state: str) -> Trip:
        try:
            trip = msgspec.json.decode(self._crm.keys.decrypt(cookie, "sign_in", plugin), type=Trip)
        except (SecretError, msgspec.MsgspecError):
            raise NotSignedIn(_ELSEWHERE, code="sign_in_elsewhere") from None
        same = secrets.compare_digest(trip.state.encode(), state.encode("utf-8", "surrogatepass"))
        if not same or trip.until < self._crm.clock().timestamp():
            raise NotSignedIn(_ELSEWHERE, code="sign_in_elsewhere")
        return trip

    async def _asked(self, plugin: str, point: str, function: Any, argument: Any, timeout_s: float) -> Any:
        returns = Departure if point == "start" else ExternalIdentity
        try:
            return await self._run(plugin, point, function, argument, timeout_s=timeout_s, returns=returns)
        except PluginFailed as failed:
            raise _refused(_said(failed)) from failed
        except Refusal as refusal:
            raise _refused(_reason(refusal)) from refusal

    async def _run(
        self, plugin: str, point: str, function: Any, *args: Any, timeout_s: float, returns: Any = None
    ) -> Any:
        host = self._crm.host
        return await host.dispatch.run(
            plugin,
            f"authenticator.{point}",
            function,
            *args,
            host.context(plugin),
            timeout_s=timeout_s,
            returns=returns,
        )


def _reason(refusal: Refusal) -> Label:
    return {
        language: " ".join(problem.sentence(language) for problem in refusal.problems)
        for language in ("en", "ru")
    }


def _said(failed: PluginFailed) -> Label:
    return {language: failed.sentence(language) for language in ("en", "ru")}


def _refused(reason: Label) -> NotSignedIn:
    message = {
        language: text_of(_FAILED, language, reason=text_of(reason, language)) for language in ("en", "ru")
    }
    return NotSignedIn(message, code="sign_in_refused")
