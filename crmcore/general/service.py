"""The general settings of one workspace: read, changed, and taken over by every process."""

import time
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid
from crmcore.general.choices import CHOSEN, GeneralChoices, changes_of, decided_elsewhere, with_choices
from crmcore.general.tables import GeneralSetting
from crmcore.records.scope import demand

if TYPE_CHECKING:
    from crmcore.workspace import Crm

READ, WRITE = "settings.read", "settings.write"
# Another process takes a change over when it draws a page and has not looked for so long.
LOOK_AGAIN_S = 30.0
_DECIDED: Label = {
    "en": "This is said by the settings file or by {variable}.",
    "ru": "Это задано файлом настроек или переменной {variable}.",
}
_NO_ZONE: Label = {
    "en": "There is no time zone “{zone}”. One is written like Europe/Berlin.",
    "ru": "Часового пояса «{zone}» нет. Пример: Europe/Moscow.",
}


class General(Struct, frozen=True, kw_only=True):
    """One setting as it is in force; ``decided_by`` says where it may be changed."""

    name: str
    value: str
    decided_by: Literal["page", "settings", "default"]
    variable: str


class GeneralSettings:
    """Reads and changes what a workspace is called and how it looks and speaks."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._given = crm.given_settings
        self._looked = time.monotonic()

    async def all(self, *, actor: Actor) -> list[General]:
        """Return every setting. Raises Forbidden."""
        demand(actor, READ)
        stored = await stored_choices()
        said = decided_elsewhere(self._given)
        return [
            General(
                name=name,
                value=str(getattr(self._crm.settings, name)),
                decided_by="settings" if name in said else "page" if name in stored else "default",
                variable=f"CRMCORE_{name.upper()}",
            )
            for name in CHOSEN
        ]

    async def change(self, asked: GeneralChoices, *, actor: Actor) -> bool:
        """Change what ``asked`` names, and tell whether anything was. Raises Invalid and Forbidden."""
        demand(actor, WRITE)
        crm = self._crm
        said = decided_elsewhere(self._given)
        wanted = changes_of(asked)
        if "name" in wanted:
            wanted["name"] = wanted["name"].strip()
        before = {name: str(getattr(crm.settings, name)) for name in CHOSEN}
        changes = {name: value for name, value in wanted.items() if value != before[name]}
        problems = [
            Problem(
                path=f"/{name}",
                code="decided",
                message=_DECIDED,
                params={"variable": f"CRMCORE_{name.upper()}"},
            )
            for name in changes
            if name in said
        ]
        if not _is_zone(zone := changes.get("time_zone", "UTC")):
            problems.append(
                Problem(path="/time_zone", code="unknown_zone", message=_NO_ZONE, params={"zone": zone})
            )
        if problems:
            raise Invalid(problems=tuple(problems))
        if not changes:
            return False
        async with crm.database.transaction():
            for name, value in changes.items():
                row = GeneralSetting(name=name, value=value, updated_at=crm.clock())
                await GeneralSetting.insert(row).on_conflict(
                    target=GeneralSetting.name,
                    action="DO UPDATE",
                    values=[GeneralSetting.value, GeneralSetting.updated_at],
                )
            told: dict[str, list[Any]] = {name: [before[name], value] for name, value in changes.items()}
            await crm.audit.note("update", "settings", "general", actor=actor, changes=told)
        await self._take_over()
        return True

    async def look(self) -> None:
        """Take over what another process has changed, at most every half minute."""
        if time.monotonic() - self._looked >= LOOK_AGAIN_S:
            await self._take_over()

    async def _take_over(self) -> None:
        self._looked = time.monotonic()
        crm = self._crm
        crm.settings = with_choices(self._given, await stored_choices())
        crm.jobs.time_zone = crm.job_overview.time_zone = crm.settings.time_zone


async def stored_choices() -> dict[str, str]:
    """Return what was chosen, by name."""
    rows = await GeneralSetting.select(GeneralSetting.name, GeneralSetting.value)
    return {row["name"]: row["value"] for row in rows if row["name"] in CHOSEN}


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
