"""Making and revoking tokens on behalf of somebody: one's own, and everybody's for who manages users."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from msgspec import Meta, Struct

from crmcore.accounts.credentials import hash_of
from crmcore.accounts.scopes import UnknownScope, patterns_in
from crmcore.accounts.tables import ApiToken
from crmcore.accounts.tokens import TokenEntry
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Forbidden, Invalid, NotFound

if TYPE_CHECKING:
    from crmcore.workspace import Crm

WRITE, MANAGE = "token.write", "user.write"
Scope = Annotated[str, Meta(min_length=1, max_length=100)]
_NOT_A_SCOPE: Label = {"en": "{text}", "ru": "Недопустимое право. {text}"}
_MORE_THAN_OWN: Label = {
    "en": "A token cannot make one that may more than itself.",
    "ru": "Токен не может создать токен с большими правами, чем у него самого.",
}
_PAST: Label = {"en": "This moment is in the past.", "ru": "Этот момент уже прошёл."}


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to make: what for, what it may do at most, and until when."""

    name: Annotated[str, Meta(max_length=120)] = ""
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=50)]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


async def make_token(crm: "Crm", asked: NewToken, *, actor: Actor) -> tuple[TokenEntry, str]:
    """Make a token of the actor's own and return it with its text, which is shown this once.

    Raises Invalid for an unknown scope and a moment that is past, Forbidden for more than the actor's own token may.
    """
    user = user_of(actor)
    if actor.kind == "token" and not _covered(actor, asked.scopes):
        raise Forbidden(_MORE_THAN_OWN, code="more_than_own")
    if asked.expires_at is not None and asked.expires_at <= crm.clock():
        raise Invalid(problems=(Problem(code="past", message=_PAST, path="/expires_at"),))
    try:
        token = await crm.accounts.create_token(user, asked.name, asked.scopes, asked.expires_at)
    except UnknownScope as error:
        params = {"text": str(error)}
        problem = Problem(code="unknown_scope", message=_NOT_A_SCOPE, path="/scopes", params=params)
        raise Invalid(problems=(problem,)) from error
    row = await ApiToken.select(ApiToken.id).where(ApiToken.secret_hash == hash_of(token)).first()
    return await _entry(crm, user, row["id"] if row else user), token


async def revoke_token(crm: "Crm", id: UUID, *, actor: Actor) -> None:
    """End a token of the actor's own, or of somebody whose account the actor may change. Raises NotFound."""
    if not actor.may(MANAGE):
        await _entry(crm, user_of(actor), id)
    else:
        row = await ApiToken.select(ApiToken.user).where(ApiToken.id == id).first()
        # One's own always: a token narrower than its user may end itself.
        if row is not None and str(row["user"]) != actor.id:
            await crm.roles.demand_over(row["user"], actor)
    await crm.accounts.revoke_token(id)


async def tokens_seen_by(crm: "Crm", actor: Actor, *, everybody: bool) -> list[TokenEntry]:
    """Return one's own tokens, or everybody's for who manages users; raises Forbidden for others."""
    if everybody and not actor.may(MANAGE):
        raise Forbidden(permission=MANAGE)
    return await crm.accounts.list_tokens(None if everybody else user_of(actor))


def user_of(actor: Actor) -> UUID:
    """Return whose tokens ``actor`` has; raises Forbidden for what is no user."""
    if actor.kind not in ("user", "token"):
        raise Forbidden(permission=WRITE)
    return UUID(actor.id)


async def _entry(crm: "Crm", user: UUID, id: UUID) -> TokenEntry:
    for entry in await crm.accounts.list_tokens(user):
        if entry.id == id:
            return entry
    raise NotFound


def _covered(actor: Actor, scopes: Iterable[str]) -> bool:
    def covers(pattern: str) -> bool:
        subject, _, action = pattern.rpartition(".")
        return bool(actor.permissions & {"*", pattern, f"{subject}.*", f"*.{action}"})

    return all(covers(pattern) for pattern in patterns_in(scopes))
