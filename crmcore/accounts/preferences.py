"""How somebody wants the pages for themselves: language, zone, theme, density, keys."""

import zoneinfo
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from crmcore.accounts.keys import Keys, key_map, own_keys
from crmcore.accounts.tables import User
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Forbidden, Invalid, NotFound

if TYPE_CHECKING:
    from crmcore.records.service import Records

_NO_SUCH_ZONE: Label = {"en": "There is no such time zone.", "ru": "Такого часового пояса нет."}

KeyText = Annotated[str, Meta(max_length=10)]
ActionName = Annotated[str, Meta(max_length=60)]


class OwnPreferences(Struct, frozen=True, kw_only=True):
    """What holds now. ``keys`` has the key of every action."""

    language: str
    time_zone: str
    theme: str
    density: str
    keys: dict[str, str]


class PreferenceChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change. ``keys`` are those that differ from the defaults: an empty object gives all defaults."""

    language: Literal["en", "ru"] | UnsetType = UNSET
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    theme: Literal["system", "light", "dark"] | UnsetType = UNSET
    density: Literal["comfortable", "compact"] | UnsetType = UNSET
    keys: Annotated[dict[ActionName, KeyText], Meta(max_length=60)] | UnsetType = UNSET


class Preferences:
    """Everybody's own preferences; nobody reads or changes another's here."""

    def __init__(self, records: "Records", keys: Keys) -> None:
        self._records = records
        self._keys = keys

    async def of(self, actor: Actor) -> OwnPreferences:
        """Return those of ``actor``, a user or a token of one. Raises Forbidden for anybody else."""
        columns = (User.language, User.time_zone, User.theme, User.density, User.keys)
        row = await User.select(*columns).where(User.id == _own_id(actor)).first()
        if row is None:
            raise NotFound
        return OwnPreferences(**{**row, "keys": key_map(own_keys(row["keys"]))})

    async def change(self, actor: Actor, changes: PreferenceChanges) -> OwnPreferences:
        """Change what ``changes`` names. Raises Invalid for an unknown zone and for keys that are taken."""
        asked: dict[str, Any] = {
            name: getattr(changes, name)
            for name in ("language", "time_zone", "theme", "density")
            if getattr(changes, name) is not UNSET
        }
        if asked:
            await self.change_user(actor, asked)
        if changes.keys is not UNSET:
            await self._keys.choose(_own_id(actor), changes.keys)
        return await self.of(actor)

    async def change_user(self, actor: Actor, changes: Mapping[str, Any]) -> None:
        """Change these fields of the actor's own user record, which everybody may of themselves."""
        own = msgspec.structs.replace(actor, permissions=actor.permissions | {"user.read", "user.write"})
        if "time_zone" in changes and changes["time_zone"] not in zoneinfo.available_timezones():
            problem = Problem(path="/time_zone", code="unknown_time_zone", message=_NO_SUCH_ZONE)
            raise Invalid(problems=(problem,))
        await self._records.update("user", _own_id(actor), dict(changes), actor=own)


def _own_id(actor: Actor) -> UUID:
    if actor.kind not in ("user", "token"):
        raise Forbidden
    return UUID(actor.id)
