"""Waiting when Mailchimp says that it is too much: one pause for all workers, longer each time."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crmcore import PluginContext

FIRST_S = 30.0
# Mailchimp sends no Retry-After; a quarter of an hour is longer than any of its limits lasts.
LONGEST_S = 900.0


async def left_s(account: UUID, plugin: PluginContext) -> float:
    """Return how many seconds are left of the pause; 0 when there is none."""
    kept = await plugin.store.get(_key(account))
    return _left(kept, plugin.now()) if kept else 0.0


async def pause(account: UUID, plugin: PluginContext) -> float:
    """Begin a pause, twice as long as the one before, and return its seconds.

    Requests that were under way together and are all refused begin one pause, not several.
    """
    kept = await plugin.store.get(_key(account))
    now = plugin.now()
    if kept and (left := _left(kept, now)) > 0:
        return left
    streak = int(kept["streak"]) + 1 if kept else 1
    longest: float = min(LONGEST_S, FIRST_S * 2 ** (streak - 1))
    # Never all workers at the same moment, and never less than half.
    seconds = longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it
    until = (now + timedelta(seconds=seconds)).isoformat()
    await plugin.store.set(_key(account), {"until": until, "streak": streak})
    return seconds


async def over(account: UUID, plugin: PluginContext) -> None:
    """Forget the pauses: a request came through."""
    if await plugin.store.get(_key(account)):
        await plugin.store.delete(_key(account))


def _left(kept: Mapping[str, Any], now: datetime) -> float:
    until: datetime = datetime.fromisoformat(str(kept["until"]))
    return (until - now).total_seconds()


def _key(account: UUID) -> str:
    return f"pause:{account}"
