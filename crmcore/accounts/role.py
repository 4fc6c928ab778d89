"""A role: what those who have it may do, with which rows, and which fields are not theirs."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from crmcore.accounts.roles import permissions_of
from crmcore.contracts.scopes import NOTHING, RowScope

FieldRule = Literal["hidden", "read_only"]
Pattern = Annotated[str, Meta(min_length=1, max_length=100)]
FieldName = Annotated[str, Meta(min_length=1, max_length=120)]
ALL = "all"

Permissions = Annotated[list[Pattern], Meta(max_length=500)]
RowRules = Annotated[dict[Pattern, Pattern], Meta(max_length=500)]
FieldRules = Annotated[
    dict[Annotated[str, Meta(max_length=60)], Annotated[dict[FieldName, FieldRule], Meta(max_length=500)]],
    Meta(max_length=100),
]
Words = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S")]


class RoleLabel(Struct, frozen=True, forbid_unknown_fields=True):
    """What a role is called, in both languages."""

    en: Words
    ru: Words


class NewRole(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role to make. ``rows`` and ``fields`` narrow what ``permissions`` give."""

    key: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,29}$", max_length=30)]
    label: RoleLabel
    permissions: Permissions
    rows: RowRules = field(default_factory=dict)
    fields: FieldRules = field(default_factory=dict)


class RoleChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a role; what is not sent stays. ``permissions`` null: what the release gives it."""

    label: RoleLabel | msgspec.UnsetType = msgspec.UNSET
    permissions: Permissions | msgspec.UnsetType | None = msgspec.UNSET
    rows: RowRules | msgspec.UnsetType = msgspec.UNSET
    fields: FieldRules | msgspec.UnsetType = msgspec.UNSET


class RoleEntry(Struct, frozen=True, kw_only=True):
    """A role as it is read. ``released``: its permissions are those the release gives it."""

    id: UUID
    key: str
    version: int
    label: dict[str, str]
    built_in: bool
    released: bool
    permissions: list[str]
    rows: dict[str, str]
    fields: dict[str, dict[str, str]]
    created_at: Any
    updated_at: Any


class Limits(Struct, frozen=True, kw_only=True):
    """What a role comes to for one actor: the parts of :class:`~crmcore.Actor` that it decides."""

    permissions: frozenset[str] = frozenset()
    rows: dict[str, RowScope | None] = {}
    hidden: dict[str, frozenset[str]] = {}
    read_only: dict[str, frozenset[str]] = {}


def limits_of(
    row: Mapping[str, Any], record_types: Collection[str], scopes: Mapping[str, RowScope]
) -> Limits:
    """Return what the columns ``role_key``, ``role_permissions``, ``role_rows`` and ``role_fields`` come to.

    No role, no permissions. ``record_types`` are those of plugins; ``scopes`` are those that there are: what names
    another one, as those of a plugin that is away, lets nothing through.
    """
    key = row["role_key"]
    if key is None:
        return Limits()
    stored = _decoded(row["role_permissions"])
    rows = {
        pattern: None if scope == ALL else scopes.get(scope, NOTHING)
        for pattern, scope in (_decoded(row["role_rows"]) or {}).items()
    }
    fields = _decoded(row["role_fields"]) or {}
    return Limits(
        permissions=permissions_of(key, record_types) if stored is None else frozenset(stored),
        rows=rows,
        hidden=_named(fields, "hidden"),
        read_only=_named(fields, "read_only"),
    )


def _named(fields: Mapping[str, Mapping[str, str]], rule: str) -> dict[str, frozenset[str]]:
    named = {
        kind: frozenset(name for name, is_ in rules.items() if is_ == rule) for kind, rules in fields.items()
    }
    return {kind: names for kind, names in named.items() if names}


def _decoded(text: Any) -> Any:
    return msgspec.json.decode(text) if isinstance(text, str | bytes) else text
