"""Consent: a browser goes to a service's own page and comes back with what an account needs (OAuth 2, RFC 6749)."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Struct

from crmcore.accounts.credentials import hash_of
from crmcore.connections.tables import ConsentRow
from crmcore.contracts.actors import Actor
from crmcore.contracts.connections import Authorization
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Refusal
from crmcore.conversations.found import Found
from crmcore.errors import Conflict, Forbidden, NotFound
from crmcore.plugins.failures import PluginFailed
from crmcore.records.scope import demand

if TYPE_CHECKING:
    from crmcore.workspace import Crm

LIFETIME = timedelta(minutes=10)
START_TIMEOUT_S = 10.0
FINISH_TIMEOUT_S = 30.0
CALLBACK = "/connections/callback"

_ELSEWHERE: Label = {
    "en": "This did not begin in this browser, or took too long. Open the connection and try again.",
    "ru": "Это начато не в этом браузере или заняло слишком много времени. Откройте подключение и повторите.",
}
_NO_CONSENT: Label = {
    "en": "This connection is set up by its settings alone.",
    "ru": "Это подключение настраивается только своими параметрами.",
}
_NOT_HTTPS: Label = {
    "en": "The plugin named no https address to go to.",
    "ru": "Плагин не назвал адрес https.",
}


class Returned(Struct, frozen=True):
    """The account a browser came back for; ``problem`` says why it is not connected, empty when it is."""

    account: UUID
    problem: Label = ""


class Consents:
    """Sends browsers to services and takes them back, each return once."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def start(self, id: UUID, session: str, *, actor: Actor) -> str:
        """Return the service's address for the account ``id``; ``session`` is the secret of the browser's session.

        Raises NotFound, Forbidden, and Conflict with a sentence when it cannot be asked.
        """
        demand(actor, "channel.write")
        found = await self._crm.channel_accounts.get(str(id))
        authorize = self._authorization(found)
        state = secrets.token_urlsafe(32)
        try:
            url = await self._run(
                found,
                "authorize.start",
                authorize.start,
                found.account,
                self.callback_url,
                state,
                timeout_s=START_TIMEOUT_S,
                returns=str,
            )
        except (PluginFailed, Refusal, InvalidValue) as error:
            raise Conflict(_said(error), code="not_authorized") from error
        if not _is_https(url):
            raise Conflict(_NOT_HTTPS, code="not_authorized")
        now = self._crm.clock()
        async with self._crm.database.transaction():
            await ConsentRow.delete().where(ConsentRow.created_at < now - LIFETIME)
            await ConsentRow.insert(
                ConsentRow(
                    account=id, state_hash=hash_of(state), session_hash=hash_of(session), created_at=now
                )
            )
        return str(url)

    async def finish(self, query: Mapping[str, str], session: str, *, actor: Actor) -> Returned:
        """Take a browser back and store what was granted. Raises Forbidden when it did not leave from here."""
        demand(actor, "channel.write")
        state = query.get("state", "")
        async with self._crm.database.transaction():
            rows = (
                await ConsentRow.delete()
                .where(
                    ConsentRow.state_hash == hash_of(state),
                    ConsentRow.session_hash == hash_of(session),
                    ConsentRow.created_at > self._crm.clock() - LIFETIME,
                )
                .returning(ConsentRow.account)
            )
        if not state or not rows:
            raise Forbidden(_ELSEWHERE, code="consent_elsewhere")
        id: UUID = rows[0]["account"]
        found = await self._crm.channel_accounts.get(str(id))
        authorize = self._authorization(found)
        given = {name: value for name, value in query.items() if name != "state"}
        try:
            config = await self._run(
                found,
                "authorize.finish",
                authorize.finish,
                given | {"state": state},
                found.account,
                self._crm.host.context(found.account.plugin),
                timeout_s=FINISH_TIMEOUT_S,
                returns=found.connection.config if found.connection else None,
            )
        except (PluginFailed, Refusal, InvalidValue) as error:
            return Returned(id, _said(error))
        await self._crm.channel_accounts.granted(id, config, actor=actor)
        return Returned(id)

    @property
    def callback_url(self) -> str:
        """The address that a service has to know: where it sends browsers back to."""
        return self._crm.settings.base_url.rstrip("/") + CALLBACK

    @staticmethod
    def _authorization(found: Found) -> Authorization:
        if found.connection is None:
            raise Conflict(found.trouble or _NO_CONSENT, code="channel_absent")
        if found.connection.authorize is None:
            raise NotFound(_NO_CONSENT, code="no_consent")
        return found.connection.authorize

    async def _run(
        self, found: Found, point: str, function: Any, *args: Any, timeout_s: float, returns: Any
    ) -> Any:
        return await self._crm.host.dispatch.run(
            found.account.plugin, f"connection.{point}", function, *args, timeout_s=timeout_s, returns=returns
        )


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    return bool(parts.hostname) and (parts.scheme == "https" or plain) and url.isascii() and url.isprintable()


def _said(error: PluginFailed | Refusal | InvalidValue) -> Label:
    if isinstance(error, PluginFailed):
        return {language: error.sentence(language) for language in ("en", "ru")}
    problems = error.problems if isinstance(error, Refusal) else (error.problem(),)
    return {language: " ".join(one.sentence(language) for one in problems) for language in ("en", "ru")}
