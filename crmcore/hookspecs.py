"""Every hook of crmcore, in the order a plugin author meets them.

Three rules hold for all of them. A hook implementation names only the arguments it wants. ``plugin`` is always the
plugin's own :class:`~crmcore.PluginContext`. Hooks that register run once at start and return a list of frozen
objects, whose functions do the work later; the other hooks say below when they are called.

What a failure does stands with every hook. None of them ever takes down the host or another plugin.
"""

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from piccolo.conf.apps import AppConfig

    from crmcore.contracts.actions import Action
    from crmcore.contracts.authenticators import Admission, Authenticator, ExternalIdentity
    from crmcore.contracts.channels import Channel, ChannelAccount
    from crmcore.contracts.commands import Command
    from crmcore.contracts.connections import Connection
    from crmcore.contracts.context import PluginContext
    from crmcore.contracts.events import Event
    from crmcore.contracts.fields import CustomField, FieldType
    from crmcore.contracts.health import HealthCheck
    from crmcore.contracts.jobs import Job
    from crmcore.contracts.matchers import Matcher
    from crmcore.contracts.message_blocks import MessageBlocks
    from crmcore.contracts.messages import ContactMatch, InboundMessage, OutboundMessage, Verdict
    from crmcore.contracts.pages import Page
    from crmcore.contracts.panels import Panel
    from crmcore.contracts.permissions import Permission
    from crmcore.contracts.personal_data import PersonalData
    from crmcore.contracts.problems import Problem
    from crmcore.contracts.records import Change, Merge, Move, RecordType
    from crmcore.contracts.scopes import RowScope
    from crmcore.contracts.settings import Settings
    from crmcore.contracts.setup_steps import SetupStep
    from crmcore.contracts.tiles import Tile
    from crmcore.contracts.timeline import TimelineSource
    from crmcore.contracts.validators import Validator

hookspec = pluggy.HookspecMarker("crmcore")
hookimpl = pluggy.HookimplMarker("crmcore")


# --- Register: run once at start, return frozen objects ---------------------------------------------------------


@hookspec
def register_settings() -> "Settings | None":
    """Return the Struct of the plugin's settings and, optionally, its connection test.

    Called once at start. All fields need defaults: an unconfigured plugin starts. A failure fails the plugin.
    Since 0.1.
    """


@hookspec
def register_tables() -> "AppConfig | None":
    """Return the plugin's Piccolo ``AppConfig``: its tables and its migrations folder.

    Called once at start. The app is named like the plugin, every table name begins with the plugin's name and an
    underscore, and foreign keys to the core are CASCADE or SET NULL. A failure fails the plugin; the others
    migrate. Since 0.1.
    """


@hookspec
def register_record_types() -> "list[RecordType]":
    """Return kinds of records: a table, its fields as JSON Schema, what lists show, search and sort by.

    Called once at start. Every record type gets its schema, its JSON API and its permissions from the core.
    A failure fails the plugin; stored records stay. Since 0.1.
    """


@hookspec
def register_row_scopes() -> "list[RowScope]":
    """Return named sets of rows, relative to who asks, that roles may be narrowed to: a dealer's own orders.

    Called once at start. The core's own are ``own`` and ``team``. A failure fails the plugin; whoever's role names
    a scope that is away sees none of those rows. Since 0.1.
    """


@hookspec
def register_field_types() -> "list[FieldType]":
    """Return templates that make a JSON Schema property from the options of one field.

    Called once at start. A failure fails the plugin; its stored fields turn dormant. Since 0.1.
    """


@hookspec
def register_validators() -> "list[Validator]":
    """Return checks on text that any schema names in ``format``.

    Called once at start; the examples are tried then. A failure fails the plugin; records stay editable, and a
    field whose validator is missing says so. Since 0.1.
    """


@hookspec
def register_custom_fields() -> "list[CustomField]":
    """Return custom fields of any record type, owned by the plugin.

    Called once at start, after field types and validators of all plugins are known. Keys begin with the plugin's
    name and an underscore. A failure fails the plugin. Since 0.1.
    """


@hookspec
def register_channels() -> "list[Channel]":
    """Return kinds of channels: how a delivery is verified and understood, how a reply is sent.

    Called once at start. A failure fails the plugin: its accounts are paused, what still arrives is stored raw.
    Since 0.1.
    """


@hookspec
def register_connections() -> "list[Connection]":
    """Return kinds of connections: accounts at services that are no channel, a shop or an audience.

    Called once at start. A failure fails the plugin: its accounts are paused, what still arrives is stored raw.
    Since 0.2.
    """


@hookspec
def register_panels() -> "list[Panel]":
    """Return panels that stand beside conversations, contacts or companies.

    Called once at start; each panel's ``load`` runs when its slot is opened, within its deadline. A failure shows
    the plugin's name and a retry in its own slot. Since 0.1.
    """


@hookspec
def register_matchers() -> "list[Matcher]":
    """Return what else says that two contacts are one person: an account, a card, a caller's number.

    Called once at start; each matcher's ``find`` runs when duplicates are looked for, within its deadline. A failure
    leaves the plugin's matches out; the others are suggested. Since 0.2.
    """


@hookspec
def register_personal_data() -> "list[PersonalData]":
    """Return the kinds of personal data that the plugin keeps, and how to give them out and erase them.

    Called once at start; their functions run when somebody exports or erases the data of a person, within their
    deadlines. Required of a plugin that stores personal data. A failing ``export`` fails the export; a failing
    ``erase`` stops the erasure there and becomes a task for a person, who lets it go on. Since 0.2.
    """


@hookspec
def register_authenticator() -> "Authenticator | None":
    """Return a way to sign in beside the password: a button, and what happens before and after the provider.

    Called once at start; its functions run when somebody signs in, within their deadlines. A failure fails the
    plugin; people sign in with their passwords. Since 0.2.
    """


@hookspec
def register_jobs() -> "list[Job]":
    """Return the plugin's named and periodic jobs.

    Called once at start. A failing job is tried again with growing delays, then kept as a visible dead letter.
    Since 0.1.
    """


@hookspec
def register_actions() -> "list[Action]":
    """Return what people can have done by a button: in panels, rows and pages of records, for a whole selection.

    Called once at start; ``prepare`` and ``run`` of an action are called when somebody presses its button, within its
    deadline. A failure is said to that person, and nothing is taken for done. Since 0.2.
    """


@hookspec
def register_pages() -> "list[Page]":
    """Return pages of the plugin's own, with their entries in the menu.

    Called once at start; ``load`` runs when somebody opens the page, ``count`` for the menu. A failing page says so
    and offers to try again; a failing count leaves the number out. Since 0.2.
    """


@hookspec
def register_timeline() -> "list[TimelineSource]":
    """Return where further entries in the timelines of contacts, companies and conversations come from.

    Called once at start; ``load`` runs when a timeline is shown, within its deadline. A failure leaves the plugin's
    entries out and says so; the others are shown. Since 0.2.
    """


@hookspec
def register_message_blocks() -> "list[MessageBlocks]":
    """Return what is shown under the messages of some channels: a player, a card.

    Called once at start; ``load`` runs for the messages that are shown, within its deadline. A failure leaves the
    message as it is. Since 0.2.
    """


@hookspec
def register_commands() -> "list[Command]":
    """Return lines for the command palette, each of which opens a page.

    Called once at start. A failure fails the plugin. Since 0.2.
    """


@hookspec
def register_setup_steps() -> "list[SetupStep]":
    """Return what an administrator has to do once before the plugin is of use.

    Called once at start; ``done`` runs when the list is shown. A step whose ``done`` fails counts as open. Since 0.2.
    """


@hookspec
def register_tiles() -> "list[Tile]":
    """Return tiles for the page “Overview”.

    Called once at start; ``load`` runs when the page is opened, within a deadline. A failure shows the plugin's name
    and a retry in its own tile. Since 0.2.
    """


@hookspec
def register_permissions() -> "list[Permission]":
    """Return permissions of the plugin's own, that roles give and its actions and pages ask for.

    Called once at start. A failure fails the plugin. While the plugin is away, roles keep what they gave. Since 0.2.
    """


@hookspec
def register_health() -> "list[HealthCheck]":
    """Return questions whether what the plugin depends on works now.

    Called once at start; ``run`` is asked by the plugins page, ``crmcore doctor`` and monitoring. A check that fails
    or is late counts as not ok. Since 0.2.
    """


# --- Events: after commit, at least once, in order per record ---------------------------------------------------


@hookspec
def contact_created(event: "Event", plugin: "PluginContext") -> None:
    """Called after a contact was created by any path: page, API, import, receiving, plugin.

    ``event.record_id`` is the contact. Tried again after a failure; be idempotent on ``event.id``. May be async.
    Since 0.1.
    """


@hookspec
def contact_updated(event: "Event", plugin: "PluginContext") -> None:
    """Called after a contact changed; ``event.changes`` maps each changed field to ``[before, after]``.

    Tried again after a failure; be idempotent on ``event.id``. May be async. Since 0.1.
    """


@hookspec
def message_received(event: "Event", plugin: "PluginContext") -> None:
    """Called after a customer's message was appended to a conversation.

    ``event.record_id`` is the message; ``event.data`` has ``conversation_id``, ``contact_id``, ``channel``,
    ``account_id``, and the message's ``details`` when its channel gave any. Tried again after a failure; be
    idempotent on ``event.id``. May be async. Since 0.1.
    """


# --- In the transaction: may refuse the whole operation ---------------------------------------------------------


@hookspec
def before_write(change: "Change", plugin: "PluginContext") -> "list[Problem] | None":
    """Called inside the transaction before a record is created or updated, with the checked new values.

    Return problems, or raise :class:`~crmcore.Refusal`, to stop the whole operation. Synchronous or async, with
    a deadline of 2 s. Any other failure rolls the operation back and names the plugin. Since 0.1.
    """


@hookspec
def before_delete(change: "Change", plugin: "PluginContext") -> "list[Problem] | None":
    """Called inside the transaction before a record is deleted.

    Return problems, or raise :class:`~crmcore.Refusal`, to keep the record. Failures as in ``before_write``.
    Since 0.1.
    """


@hookspec
def merge_contacts(merge: "Merge", plugin: "PluginContext") -> "list[Move] | None":
    """Called inside the transaction of a merge; return the rows of the plugin that point at the merged contact.

    The core moves them, logs them and moves them back on undo. A failure rolls the merge back. Since 0.1.
    """


# --- Decisions: the first answer wins ---------------------------------------------------------------------------


@hookspec
def resolve_contact(
    message: "InboundMessage", account: "ChannelAccount", plugin: "PluginContext"
) -> "ContactMatch | None":
    """Called for every incoming message: which contact wrote it? The first answer wins, with its reason stored.

    No answer makes a new contact. The core's own answer, by contact points, is asked last. A failing plugin is
    skipped. Since 0.1.
    """


@hookspec
def authenticate(identity: "ExternalIdentity", plugin: "PluginContext") -> "Admission | None":
    """Called when a provider has recognised somebody: may they come in, and as whom? The first answer wins.

    No answer lets in only who is linked to a user already. A failing plugin lets nobody in: the sign-in is refused
    and the plugin named. Since 0.2.
    """


# --- Filters: each sees what the one before it returned ---------------------------------------------------------


@hookspec
def filter_inbound_message(
    message: "InboundMessage", account: "ChannelAccount", plugin: "PluginContext"
) -> "Verdict | None":
    """Called for every incoming message after it was parsed: pass it, change it, drop it or hold it.

    Dropped and held deliveries stay visible with the reason. A failing filter leaves the message as it was.
    Since 0.1.
    """


@hookspec
def filter_outbound_message(
    message: "OutboundMessage", account: "ChannelAccount", plugin: "PluginContext"
) -> "Verdict | None":
    """Called for every reply before it is handed to its channel: pass it, change it, drop it or hold it.

    A failing filter holds the message for a person. Since 0.1.
    """
