"""Processing: a stored delivery becomes messages. Applied once, however often and in whatever order it runs."""

from typing import Any
from uuid import UUID

import structlog

from crmcore.contacts.resolve import kind_name, new_contact, owners_of, points_of
from crmcore.contacts.service import Contacts
from crmcore.contracts.channels import Channel, Forged
from crmcore.contracts.jobs import Retry
from crmcore.contracts.labels import text_of
from crmcore.contracts.messages import InboundMessage
from crmcore.contracts.problems import InvalidValue
from crmcore.conversations.accounts import ChannelAccounts
from crmcore.conversations.apply import Applier
from crmcore.conversations.arrival import Arrival
from crmcore.conversations.attachments import Attachments
from crmcore.conversations.deliveries import UNVERIFIED, Deliveries, as_request, raw_delivery
from crmcore.conversations.found import Found
from crmcore.conversations.handling import Handler
from crmcore.conversations.inbound_filters import InboundFilters
from crmcore.conversations.messages import AlreadyThere
from crmcore.conversations.offers import Offer, Refused
from crmcore.conversations.refusal import Refusal
from crmcore.conversations.sentences import sentence
from crmcore.conversations.tables import Message
from crmcore.conversations.told import line_kept
from crmcore.conversations.understand import NotUnderstood, messages_in
from crmcore.database.database import Database
from crmcore.database.errors import Duplicate
from crmcore.errors import NotFound
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed

# The gate may refuse a part of what arrived, or somebody else made the same contact meanwhile: each of that
# costs one attempt. More parts than this are not worth telling one by one.
_ATTEMPTS = 8
# A plugin's hook that refuses contacts because it fails is given this many tries before we go without one.
_PATIENCE = 5
FINISHED = frozenset({"done", "dropped", "held", "quarantined"})


class Processor:
    """Understands deliveries and applies their messages."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: ChannelAccounts,
        deliveries: Deliveries,
        contacts: Contacts,
        dispatch: Dispatcher,
        handler: Handler,
        applier: Applier,
        attachments: Attachments,
        language: str,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._deliveries = deliveries
        self._contacts = contacts
        self._dispatch = dispatch
        self._handler = handler
        self._applier = applier
        self._attachments = attachments
        self._language = language
        self._filters = InboundFilters(dispatch, language)
        self._log = structlog.get_logger("crmcore.conversations")

    async def process(self, delivery_id: UUID, *, accept: bool = False) -> str:
        """Process one delivery and return its state; a finished one is left as it is.

        ``accept`` lets its messages pass filters that would hold or drop them. While the account is paused or
        its plugin absent, the delivery stays as received. Raises Retry when it should be tried again later.
        """
        row = await self._deliveries.read(delivery_id)
        if row is None:
            raise NotFound()
        if row["state"] in FINISHED and not (accept and row["state"] in ("held", "dropped")):
            return str(row["state"])
        try:
            return await self._process(row, accept)
        except PluginFailed:
            raise  # it is paused and was not asked: that is no attempt
        except Exception as error:
            await self._deliveries.failed(row, str(error) or type(error).__name__)
            raise

    async def _process(self, row: dict[str, Any], accept: bool) -> str:
        found = await self._accounts.known(row["account"], row["account_version"])
        if found.service is None or found.trouble:
            trouble = text_of(found.trouble, self._language)
            if row["error"] != trouble:
                await self._deliveries.mark(row["id"], "received", trouble)
            return "received"
        try:
            if row["delivery_key"].startswith(UNVERIFIED) and (state := await self._verify_late(row, found)):
                return state
            if found.connection is not None:
                return await self._handler.handle(row, found, found.connection)
            channel: Channel = found.channel  # type: ignore[assignment]  # one of the two is there
            await self._handler.beside(row, found, channel)
            messages = await messages_in(
                raw_delivery(row), channel, found.account, self._dispatch, self._language
            )
        except NotUnderstood as error:
            await self._deliveries.mark(row["id"], "quarantined", line_kept(error.args[0]))
            return "quarantined"
        return await self._apply_all(row, found, messages, accept)

    async def _apply_all(
        self, row: dict[str, Any], found: Found, messages: list[InboundMessage], accept: bool
    ) -> str:
        reasons: list[str] = []
        states: list[str] = []
        conversation: UUID | None = None
        for index, message in enumerate(messages):
            filtered = await self._filters.passed(message, found.account, accept=accept)
            if filtered.state:
                states.append(filtered.state)
                reasons.append(filtered.reason)
                continue
            # The last message and the delivery's own state are one commit.
            last = index == len(messages) - 1 and not states
            conversation = await self._applied(Arrival(filtered.message, found, row), last)
            if last:
                return "done"
        if not messages:
            reasons.append(sentence("no_message", self._language))
        state = "held" if "held" in states else "dropped" if states and conversation is None else "done"
        await self._deliveries.mark(row["id"], state, "\n".join(map(line_kept, reasons)), conversation)
        return state

    async def _applied(self, arrival: Arrival, mark_done: bool) -> UUID | None:
        """Apply one message in one transaction and return its conversation; once more does nothing."""
        arrival.points, refused = points_of(arrival.message.identities, self._contacts.rules)
        for identity, error in refused:
            reason = error.problem().sentence(self._language)
            arrival.loose.append(Refused(field=identity.kind, value=identity.value[:200], reason=reason))
        arrival.contact = Offer(new_contact(arrival.message))
        if arrival.message.html or arrival.message.attachments:
            await self._attachments.take(arrival)
        for attempt in range(_ATTEMPTS):
            await self._resolve(arrival)
            try:
                async with self._database.transaction():
                    conversation = await self._applier.apply(arrival)
                    if mark_done:
                        await self._deliveries.mark(arrival.delivery["id"], "done", "", conversation)
                    return conversation
            except AlreadyThere:
                return await self._there_already(arrival, mark_done)
            except Duplicate:
                continue  # somebody made the same contact or tag meanwhile: it is found now
            except Refusal as refusal:
                await self._without(arrival, refusal, attempt)
        raise Retry("the message could not be applied: too many values were refused", after_s=60)

    async def _resolve(self, arrival: Arrival) -> None:
        match = await self._contacts.decide(arrival.message, arrival.account.account)
        arrival.contact_id = match.contact_id if match else None
        arrival.contact_reason = match.reason if match else ""

    async def _without(self, arrival: Arrival, refusal: Refusal, attempt: int) -> None:
        """Take what was refused out of the offer, so that the next attempt goes through."""
        invalid = refusal.invalid
        if invalid.code == "plugin_failed" and arrival.delivery["attempts"] < _PATIENCE:
            raise Retry(invalid.sentence(self._language), after_s=30)
        if any(problem.code == "taken" for problem in invalid.problems):
            if attempt >= 2:
                await self._without_taken(arrival)
            return
        offer = getattr(arrival, refusal.part)
        if attempt < _ATTEMPTS - 3 and offer.strike(invalid.problems, self._language):
            return
        # Nothing could be taken out, a plugin refuses the whole, say: the message arrives without it.
        reasons = [problem.sentence(self._language) for problem in invalid.problems]
        reason = "; ".join(reasons or [invalid.sentence(self._language)])
        arrival.loose += [*offer.refused, Refused(field=refusal.part, value="", reason=reason)]
        if refusal.part == "conversation":
            if not offer.document:
                raise Retry(reason, after_s=300)
            offer.document.clear()
            offer.refused.clear()
        else:
            setattr(arrival, refusal.part, None)

    async def _without_taken(self, arrival: Arrival) -> None:
        """Leave contact points out that another contact has."""
        owners = await owners_of(arrival.points)
        reason = sentence("point_elsewhere", self._language)
        for point in list(arrival.points):
            if (point.kind, point.normalized) in owners:
                arrival.points.remove(point)
                kind = kind_name(point.kind, self._language)
                arrival.loose.append(Refused(field=kind, value=point.raw, reason=reason))

    async def _there_already(self, arrival: Arrival, mark_done: bool) -> UUID | None:
        rows = await Message.select(Message.conversation).where(
            Message.account == arrival.account.row["id"], Message.external_id == arrival.message.external_id
        )
        conversation: UUID | None = rows[0]["conversation"] if rows else None
        if mark_done:
            await self._deliveries.mark(arrival.delivery["id"], "done", "", conversation)
        return conversation

    async def _verify_late(self, row: dict[str, Any], found: Found) -> str:
        """Verify what was stored while the channel's plugin was absent; return a state when that ends it."""
        verify = found.service.verify if found.service is not None else None
        if verify is None:
            raise NotUnderstood(sentence("forged_later", self._language))
        try:
            verified = await self._dispatch.run(
                found.account.plugin, f"{found.row['kind']}.verify", verify, as_request(row), found.account
            )
        except (Forged, InvalidValue) as error:
            raise NotUnderstood(sentence("forged_later", self._language)) from error
        except PluginFailed as failed:
            raise Retry(str(failed), after_s=failed.retry_after_s or 60.0) from failed
        if verified.delivery_key is None:
            await self._deliveries.mark(row["id"], "done", sentence("no_message", self._language))
            return "done"
        if not await self._deliveries.verified_as(row["id"], row["account"], verified.delivery_key):
            await self._deliveries.mark(row["id"], "dropped", line_kept(sentence("repeated", self._language)))
            return "dropped"
        row["delivery_key"] = verified.delivery_key
        return ""
