"""Every operation of the JSON API."""

from typing import TYPE_CHECKING

from crmcore.http.api.actions import action_operations
from crmcore.http.api.audit import audit_operations
from crmcore.http.api.bulk import bulk_operations
from crmcore.http.api.bulk_runs import bulk_run_operations
from crmcore.http.api.canned import canned_operations
from crmcore.http.api.channel_accounts import channel_account_operations
from crmcore.http.api.channels import channel_operations
from crmcore.http.api.contributions import contribution_operations
from crmcore.http.api.documentation import documentation_operations
from crmcore.http.api.drafts import draft_operations
from crmcore.http.api.duplicates import duplicate_operations
from crmcore.http.api.event_replays import event_replay_operations
from crmcore.http.api.export_runs import export_run_operations
from crmcore.http.api.exports import export_operations
from crmcore.http.api.field_life import field_life_operations
from crmcore.http.api.field_types import field_type_operations
from crmcore.http.api.fields import field_operations
from crmcore.http.api.files import file_operations
from crmcore.http.api.general import general_operations
from crmcore.http.api.health import health_operations
from crmcore.http.api.hooks import hook_operations
from crmcore.http.api.imports import import_operations
from crmcore.http.api.inbound import inbound_operations
from crmcore.http.api.invitations import invitation_operations
from crmcore.http.api.jobs import job_operations
from crmcore.http.api.live import live_operations
from crmcore.http.api.me import me_operations
from crmcore.http.api.merges import merge_operations
from crmcore.http.api.messages import message_operations
from crmcore.http.api.metrics import metrics_operations
from crmcore.http.api.notifications import notification_operations
from crmcore.http.api.plugins import plugin_operations
from crmcore.http.api.privacy import privacy_operations
from crmcore.http.api.records import record_operations
from crmcore.http.api.reveals import reveal_operations
from crmcore.http.api.roles import role_operations
from crmcore.http.api.schemas import schema_operations
from crmcore.http.api.search import search_operations
from crmcore.http.api.second_factor import second_factor_operations
from crmcore.http.api.sessions import session_operations
from crmcore.http.api.settings import settings_operations
from crmcore.http.api.tags import tag_operations
from crmcore.http.api.tokens import token_operations
from crmcore.http.api.user_access import user_access_operations
from crmcore.http.api.users import user_operations
from crmcore.http.api.views import view_operations
from crmcore.http.api.webhooks import webhook_operations
from crmcore.http.operation import Operation

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def api_operations(crm: "Crm") -> list[Operation]:
    """Return every operation of the API, fresh, for ``crm`` and the record types its plugins bring."""
    operations: list[Operation] = []
    for make in (
        record_operations,
        reveal_operations,
        bulk_operations,
        bulk_run_operations,
        export_operations,
        export_run_operations,
        import_operations,
        message_operations,
        draft_operations,
        merge_operations,
        duplicate_operations,
        file_operations,
        search_operations,
        view_operations,
        field_operations,
        field_life_operations,
        field_type_operations,
        schema_operations,
        plugin_operations,
        settings_operations,
        general_operations,
        channel_operations,
        channel_account_operations,
        inbound_operations,
        hook_operations,
        job_operations,
        event_replay_operations,
        user_operations,
        user_access_operations,
        invitation_operations,
        session_operations,
        second_factor_operations,
        token_operations,
        canned_operations,
        tag_operations,
        role_operations,
        me_operations,
        live_operations,
        health_operations,
        metrics_operations,
        audit_operations,
        webhook_operations,
        notification_operations,
        privacy_operations,
        contribution_operations,
        action_operations,
        documentation_operations,
    ):
        operations.extend(make(crm))
    return operations
