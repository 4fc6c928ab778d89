"""One workspace: its settings, database, plugins and services, built together and started together."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import EntryPoint
from traceback import format_exception
from typing import Any, TypeVar

from piccolo.conf.apps import AppConfig

from crmcore.accounts.external import ExternalSignIn
from crmcore.accounts.invitations import Invitations
from crmcore.accounts.keys import Keys
from crmcore.accounts.preferences import Preferences
from crmcore.accounts.resets import PasswordResets
from crmcore.accounts.role_service import Roles
from crmcore.accounts.second_factor import SecondFactors
from crmcore.accounts.service import Accounts
from crmcore.audit.service import Audit
from crmcore.before_start import before_start
from crmcore.builtin.channels.form_token import FormTokens
from crmcore.builtin.channels.forms import Forms
from crmcore.builtin.plugin import CorePlugin
from crmcore.bulk.service import Bulk
from crmcore.canned.service import CannedReplies
from crmcore.clock import Clock, utc_now
from crmcore.connections.consent import Consents
from crmcore.connections.listening import Listening
from crmcore.contacts.points import PointRules
from crmcore.contacts.record_type import KINDS
from crmcore.contacts.service import Contacts
from crmcore.contracts.messages import Identity
from crmcore.contributions.service import Contributions
from crmcore.conversations.accounts import ChannelAccounts
from crmcore.conversations.service import Conversations
from crmcore.database.core_app import core_app
from crmcore.database.database import Database
from crmcore.database.errors import MigrationFailed
from crmcore.duplicates.service import Duplicates
from crmcore.events.listeners import Listeners
from crmcore.events.outbox import Outbox
from crmcore.events.replays import EventReplays
from crmcore.exporting.runs import ExportRuns
from crmcore.exporting.service import Exports
from crmcore.files.service import Files
from crmcore.files.sweep import Sweep
from crmcore.files.where import storage_of
from crmcore.general.choices import with_choices
from crmcore.general.first_run import FirstRun
from crmcore.general.service import GeneralSettings
from crmcore.importing.service import Imports
from crmcore.jobs.desk import JobDesk
from crmcore.jobs.host import LONG
from crmcore.jobs.overview import JobOverview
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.worker import Worker
from crmcore.leases.leases import Leases
from crmcore.leases.locks import Locks
from crmcore.live.bell import Bell
from crmcore.live.service import Live
from crmcore.mail.post import Post
from crmcore.notifications.service import Notifications
from crmcore.outgoing.client import GuardedClient
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.host import PluginHost
from crmcore.plugins.ledger import Ledger, table_exists
from crmcore.plugins.reasons import not_migrated
from crmcore.plugins.registry import Registry
from crmcore.plugins.settings_store import PluginSettings
from crmcore.privacy.marks import ErasedMarks
from crmcore.privacy.service import Privacy
from crmcore.records.catalog import FieldCatalog
from crmcore.records.field_words import FieldWords
from crmcore.records.fields import Fields
from crmcore.records.sealed import SealedValues
from crmcore.records.sealing import FieldSealing
from crmcore.records.service import Records
from crmcore.sealed_places import sealed_places
from crmcore.search.rebuild import Rebuild
from crmcore.search.service import Search
from crmcore.secrets.keyring import KeyRing
from crmcore.secrets.rotation import Rotation
from crmcore.services import WorkspaceServices
from crmcore.settings import WorkspaceSettings
from crmcore.tagging.service import Tags
from crmcore.telemetry.choice import tracing_to
from crmcore.telemetry.current import bound_tracing
from crmcore.telemetry.tracing import Tracing
from crmcore.views.choices import ListChoices
from crmcore.views.service import Views
from crmcore.webhooks.service import Webhooks
from crmcore.webhooks.subscriptions import Subscriptions

T = TypeVar("T")


class Crm:
    """A workspace. Several live side by side in one process; nothing is shared between them.

    :meth:`build` loads the plugins and needs no database; :meth:`start` opens it, migrates, and brings what is
    stored in step with what is loaded. Queries run inside ``with crm.bound():``.
    """

    def __init__(
        self,
        settings: WorkspaceSettings,
        *,
        clock: Clock = utc_now,
        entry_points: Iterable[EntryPoint] | None = None,
    ) -> None:
        before = before_start(settings.effective_database_url())
        self.given_settings = settings
        self.settings = settings = with_choices(settings, before.chosen)
        self.clock = clock
        self.follows_choices = False
        """Whether it is built anew, by whoever hosts it, as soon as a plugin is switched on or off."""
        self.tracing = tracing_to(settings.traces_url)
        self.database = Database.from_url(settings.effective_database_url())
        self.keys = KeyRing.from_settings(settings)
        own_kinds: dict[str, Callable[[Identity], Identity]] = {}
        self.point_rules = PointRules(settings.default_country, own_kinds)
        self.form_tokens = FormTokens(self.keys, settings.default_country)
        self.host = PluginHost(
            PluginChoice(
                plugins=settings.plugins,
                no_plugins=settings.no_plugins,
                strict=settings.strict,
                disabled=before.switched_off,
            ),
            builtin=CorePlugin(self),
            entry_points=entry_points,
        )
        self.host.load()
        self.registry = self.host.registry
        own_kinds.update(_own_kinds(self.registry))
        self.audit = Audit(self.database, self.keys, clock)
        self.ledger = Ledger(self.database, clock, self.audit.note)
        self.plugin_settings = PluginSettings(
            self.registry, self.keys, clock=clock, redactor=self.host.redactor, note=self.audit.note
        )
        self.jobs = JobQueue(self.database, clock, self.registry.jobs, settings.time_zone)
        self.job_desk = JobDesk(self.jobs, self.registry.jobs)
        self.job_overview = JobOverview(clock, self.registry.jobs, settings.time_zone)
        self.replays = EventReplays(self.jobs, self.host)
        self.worker = Worker(self.jobs, self.host, clock)
        subscriptions = Subscriptions(self.database, self.jobs, clock)
        self.bell = Bell(self.database)
        self.notifications = Notifications(self)
        listeners = Listeners(subscriptions, self.notifications)
        self.outbox = Outbox(self.host, self.jobs, clock, listeners, committed=self.bell.ring)
        self.live = Live(self)
        self.catalog = FieldCatalog(self.registry)
        self.roles = Roles(
            self.database,
            clock,
            record_types=lambda: self.records.types,
            scopes=lambda: {key: owned.item for key, owned in self.registry.row_scopes.items()},
            catalog=self.catalog,
            permissions=lambda: self.registry.permissions.keys(),
        )
        self.post = Post.from_settings(settings)
        self.second_factors = SecondFactors(self.database, clock, self.keys, settings.name)
        self.accounts = Accounts(
            self.database,
            clock,
            record_types=lambda: self.registry.record_types.keys(),
            row_scopes=self.roles.scopes,
            second_factors=self.second_factors,
            second_factor_roles=settings.second_factor_roles,
            workspace=settings.name,
            permissions=lambda: self.registry.permissions.keys(),
        )
        self.invitations = Invitations(self)
        self.password_resets = PasswordResets(self)
        self.external = ExternalSignIn(self)
        self.http_client = GuardedClient(settings.outgoing_hosts)
        self.sealed_values = SealedValues(self.keys)
        self.field_words = FieldWords(
            self.catalog,
            self.database.kind,
            reindex=lambda key, condition, after: self.search_rebuild.refresh(key, condition, after),
            later=lambda payload, delay_s: self.jobs.enqueue(
                LONG, "core.reindex_field", payload, delay_s=delay_s
            ),
        )
        self.fields = Fields(
            database=self.database,
            registry=self.registry,
            catalog=self.catalog,
            clock=clock,
            dispatch=self.host.dispatch,
            plugin_names=lambda: self.host.plugins.keys(),
            records=lambda: self.records,
            exports=settings.data_path / "exports",
            sealed=self.sealed_values,
            words=self.field_words,
        )
        self.records = Records(
            database=self.database,
            registry=self.registry,
            dispatch=self.host.dispatch,
            catalog=self.catalog,
            sealed=self.sealed_values,
            outbox=self.outbox,
            clock=clock,
            plugin_version=self._plugin_version,
        )
        storage = storage_of(settings)
        self.files = Files(
            database=self.database,
            clock=clock,
            storage=storage,
            spool=settings.data_path / "spool",
            limit=settings.max_file_mb * 1_000_000,
            records=lambda: self.records,
        )
        self.file_sweep = Sweep(
            database=self.database,
            clock=clock,
            storage=storage,
            awaited=lambda: self.conversations.drafts.attached(),
        )
        self.rotation = Rotation(
            database=self.database, keys=self.keys, places=lambda: sealed_places(self), clock=clock
        )
        self.field_sealing = FieldSealing(
            database=self.database,
            catalog=self.catalog,
            rotation=self.rotation,
            reindex=lambda key, condition, after: self.search_rebuild.refresh(key, condition, after),
        )
        self.views = Views(self.database, self.records, clock)
        self.search = Search(self.records.types, self.records.verified)
        self.search_rebuild = Rebuild(
            self.database, self.records.types, self.catalog, self.sealed_values, clock
        )
        self.channel_accounts = ChannelAccounts(
            database=self.database, clock=clock, registry=self.registry, keys=self.keys, queue=self.jobs
        )
        self.contacts = Contacts(
            database=self.database,
            clock=clock,
            records=self.records,
            dispatch=self.host.dispatch,
            outbox=self.outbox,
            queue=self.jobs,
            rules=self.point_rules,
            language=settings.language,
        )
        self.duplicates = Duplicates(
            database=self.database,
            clock=clock,
            records=self.records,
            matchers=self.registry.matchers,
            dispatch=self.host.dispatch,
            context=self.host.context,
            queue=self.jobs,
        )
        self.erased_marks = ErasedMarks(self.database, self.keys, clock)
        self.conversations = Conversations(
            database=self.database,
            clock=clock,
            host=self.host,
            records=self.records,
            queue=self.jobs,
            outbox=self.outbox,
            contacts=self.contacts,
            accounts=self.channel_accounts,
            keys=self.keys,
            erased=self.erased_marks,
            files=self.files,
            language=settings.language,
        )
        self.forms = Forms(
            accounts=self.channel_accounts,
            conversations=self.conversations,
            files=self.files,
            tokens=self.form_tokens,
            clock=clock,
        )
        self.leases = Leases(clock)
        self.locks = Locks(self.database, self.leases)
        self.listening = Listening(self)
        self.consents = Consents(self)
        self.list_choices = ListChoices(self.database, clock)
        self.bulk = Bulk(self)
        self.imports = Imports.of(self)
        self.exports = Exports.of(self)
        self.export_runs = ExportRuns(self)
        self.tags = Tags(self)
        self.canned = CannedReplies(self)
        self.privacy = Privacy(self)
        self.general = GeneralSettings(self)
        self.preferences = Preferences(self.records, Keys(self.database, clock))
        self.first_run = FirstRun(self)
        self.webhooks = Webhooks(self, subscriptions)
        self.contributions = Contributions(self)
        self.host.attach(WorkspaceServices(self))
        self._started = False
        self._taken_over = False
        self._own: dict[type, Any] = {}

    @classmethod
    def build(
        cls,
        settings: WorkspaceSettings,
        *,
        clock: Clock = utc_now,
        entry_points: Iterable[EntryPoint] | None = None,
    ) -> "Crm":
        """Return a workspace with its plugins loaded, not started yet.

        ``entry_points`` stands in for the installed plugins. Raises SettingsError, and StartRefused in strict
        mode.
        """
        return cls(settings, clock=clock, entry_points=entry_points)

    def apps(self) -> list[AppConfig]:
        """Return the Piccolo apps of the core and of every loaded plugin with tables."""
        return [core_app(), *(registered.item for registered in self.registry.tables.values())]

    def own(self, kind: type[T], make: Callable[[], T]) -> T:
        """Return the workspace's one ``kind``, made when it is first asked for.

        What an application remembers of a workspace between two requests is kept here: one application may serve
        several.
        """
        if kind not in self._own:
            self._own[kind] = make()
        found: T = self._own[kind]
        return found

    def _plugin_version(self, plugin: str) -> str:
        state = self.host.plugins.get(plugin)
        return state.version if state else ""

    def bound(self) -> AbstractContextManager[None]:
        """Let tables use this workspace's database, in this task and the tasks it starts."""
        return self.database.bound() if self.tracing is None else self._traced(self.tracing)

    @contextmanager
    def _traced(self, tracing: Tracing) -> Iterator[None]:
        with self.database.bound(), bound_tracing(tracing):
            yield

    async def start(self, *, migrate: bool = True) -> None:
        """Open the database, run the migrations unless told not to, and take over what the plugins define.

        What was taken over by an earlier start of this object is there, unless the plugins were purged meanwhile: a
        workspace that only slept wakes in a third of the time.
        """
        if self._started:
            return
        await self.database.open()
        try:
            if migrate:
                await self.migrate()
            with self.bound():
                await self._check_keys()
                if migrate or not self._taken_over or not await self.ledger.knows(self.host.plugins):
                    await self.ledger.remember(self.host.plugins, self.registry)
                    await self.fields.adopt_plugin_fields()
                    self._taken_over = True
                await self.plugin_settings.load_all()
        except BaseException:
            await self.database.close()
            raise
        self._started = True

    async def _check_keys(self) -> None:
        if self._taken_over or await table_exists(self.database, "sealing_key"):
            await self.rotation.check()

    async def migrate(self, progress: Callable[[str], None] | None = None) -> list[str]:
        """Run what has not run yet, the core's first, and return the names.

        A plugin whose migration fails is withdrawn with the reason, and the others migrate. Raises
        :class:`~crmcore.database.errors.MigrationFailed` for the core's own.
        """
        done = await self.database.migrate([core_app()], progress)
        for name, registered in list(self.registry.tables.items()):
            try:
                done += await self.database.migrate([core_app(), registered.item], progress)
            except MigrationFailed as error:
                cause = error.__cause__ or error
                self.host.give_up(
                    name, not_migrated(error.migration, cause), "".join(format_exception(cause))
                )
        return done

    async def stop(self) -> None:
        """Close everything; what is running is finished first."""
        if not self._started:
            return
        self._started = False
        await self.http_client.aclose()
        await self.bell.finish()
        await self.database.close()
        self.host.close()
        if self.tracing is not None:
            await self.tracing.close()


def _own_kinds(registry: Registry) -> dict[str, Callable[[Identity], Identity]]:
    """Return how channels compare the kinds of contact points that they bring themselves."""
    return {
        kind: registered.item.normalize_identity
        for registered in registry.channels.values()
        for kind in registered.item.capabilities.identity_kinds
        if kind not in KINDS.values()
    }
