"""What all loaded plugins contribute, each thing with the plugin that owns it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

from msgspec import Struct
from piccolo.conf.apps import AppConfig

from crmcore.contracts.actions import Action
from crmcore.contracts.authenticators import Authenticator
from crmcore.contracts.channels import Channel
from crmcore.contracts.commands import Command
from crmcore.contracts.connections import Connection
from crmcore.contracts.fields import CustomField, FieldType
from crmcore.contracts.health import HealthCheck
from crmcore.contracts.jobs import Job
from crmcore.contracts.matchers import Matcher
from crmcore.contracts.message_blocks import MessageBlocks
from crmcore.contracts.pages import Page
from crmcore.contracts.panels import Panel
from crmcore.contracts.permissions import Permission
from crmcore.contracts.personal_data import PersonalData
from crmcore.contracts.records import RecordType
from crmcore.contracts.scopes import RowScope
from crmcore.contracts.settings import Settings
from crmcore.contracts.setup_steps import SetupStep
from crmcore.contracts.tiles import Tile
from crmcore.contracts.timeline import TimelineSource
from crmcore.contracts.validators import Validator

T = TypeVar("T")


class Registered(Struct, Generic[T], frozen=True):
    """A contribution and the plugin that owns it."""

    plugin: str
    item: T


@dataclass(slots=True)
class Registry:
    """Contributions by key: filled when plugins load, read-only afterwards.

    ``settings``, ``tables`` and ``authenticators`` are keyed by the plugin's name, ``panels``, ``matchers``,
    ``personal_data``, ``jobs``, ``actions``, ``pages``, ``timeline``, ``message_blocks``, ``commands``,
    ``setup_steps``, ``tiles`` and ``health`` by ``plugin.key``, the others by their own key, unique among all
    plugins.
    ``custom_fields`` keep the order of loading.
    """

    settings: dict[str, Registered[Settings]] = field(default_factory=dict)
    tables: dict[str, Registered[AppConfig]] = field(default_factory=dict)
    record_types: dict[str, Registered[RecordType]] = field(default_factory=dict)
    row_scopes: dict[str, Registered[RowScope]] = field(default_factory=dict)
    field_types: dict[str, Registered[FieldType]] = field(default_factory=dict)
    validators: dict[str, Registered[Validator]] = field(default_factory=dict)
    channels: dict[str, Registered[Channel]] = field(default_factory=dict)
    connections: dict[str, Registered[Connection]] = field(default_factory=dict)
    panels: dict[str, Registered[Panel]] = field(default_factory=dict)
    matchers: dict[str, Registered[Matcher]] = field(default_factory=dict)
    personal_data: dict[str, Registered[PersonalData]] = field(default_factory=dict)
    authenticators: dict[str, Registered[Authenticator]] = field(default_factory=dict)
    jobs: dict[str, Registered[Job]] = field(default_factory=dict)
    actions: dict[str, Registered[Action]] = field(default_factory=dict)
    pages: dict[str, Registered[Page]] = field(default_factory=dict)
    timeline: dict[str, Registered[TimelineSource]] = field(default_factory=dict)
    message_blocks: dict[str, Registered[MessageBlocks]] = field(default_factory=dict)
    commands: dict[str, Registered[Command]] = field(default_factory=dict)
    setup_steps: dict[str, Registered[SetupStep]] = field(default_factory=dict)
    tiles: dict[str, Registered[Tile]] = field(default_factory=dict)
    permissions: dict[str, Registered[Permission]] = field(default_factory=dict)
    health: dict[str, Registered[HealthCheck]] = field(default_factory=dict)
    custom_fields: list[Registered[CustomField]] = field(default_factory=list)

    def kinds(self) -> Iterator[tuple[str, dict[str, Registered[Any]]]]:
        """Return every keyed kind of contribution by its name."""
        for kind in fields(self):
            if kind.name != "custom_fields":
                yield kind.name, getattr(self, kind.name)

    def add(self, other: "Registry") -> None:
        """Take over everything of ``other``, whose keys were checked before."""
        for kind, items in other.kinds():
            getattr(self, kind).update(items)
        self.custom_fields.extend(other.custom_fields)

    def withdraw(self, plugin: str) -> None:
        """Remove everything that ``plugin`` contributed."""
        for _, items in self.kinds():
            for key in [key for key, owned in items.items() if owned.plugin == plugin]:
                del items[key]
        self.custom_fields = [owned for owned in self.custom_fields if owned.plugin != plugin]

    def provided_by(self, plugin: str) -> dict[str, list[str]]:
        """Return the keys of what ``plugin`` contributes, by kind, without the kinds it has none of."""
        provided = {
            kind: [key for key, owned in items.items() if owned.plugin == plugin]
            for kind, items in self.kinds()
        }
        provided["custom_fields"] = [
            f"{owned.item.record_type}.{owned.item.key}"
            for owned in self.custom_fields
            if owned.plugin == plugin
        ]
        return {kind: keys for kind, keys in provided.items() if keys}
