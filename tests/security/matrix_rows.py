"""Every route with what it needs: the test of the matrix fails for a route that has no row here.

A row is ``METHOD PATH | permissions | record | probe``. Permissions are all needed; ``-`` is anybody signed in,
``public`` anybody. ``record`` is ``type:action`` of the record whose id is in the path (``contact:write``), ``@kind``
when the id is of something that has no rows of its own, or ``-``; ``then:`` stands before a permission that is asked
for when the record was found. ``probe`` is what is sent so that an allowed request comes as far as the record and
changes nothing: ``stale`` sends a version that nobody has (409), ``bad`` a body that no route takes (422), ``none``
nothing, ``caught-up`` that a stream is to end at once, ``noted`` the same as ``none``, and that it was asked is
written down; ``deny`` means that only refusals are tried, because being allowed would change something.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table."""

    method: str
    path: str
    needs: tuple[str, ...]
    record: str
    action: str
    probe: str


RECORDS = {
    "contact": ("contacts", "create change delete restore bulk custom"),
    "company": ("companies", "create change delete restore bulk custom"),
    "conversation": ("conversations", "change bulk custom"),
    "message": ("messages", ""),
    "task": ("tasks", "create change delete restore bulk"),
    "user": ("users", "create change bulk"),
    "team": ("teams", "create change delete restore bulk"),
    "tag": ("tags", "create change delete bulk"),
}

OTHERS = """
POST   /api/contacts/{id:str}/merge                  | contact.write      | contact:write     | merge
POST   /api/companies/{id:str}/merge                 | company.write      | company:write     | deny
POST   /api/merges/{id:str}/undo                     | contact.write      | @merge            | none
GET    /api/conversations/{id:str}/messages          | message.read conversation.read | conversation:read | none
POST   /api/conversations/{id:str}/messages          | message.write conversation.read | conversation:write | reply
GET    /api/conversations/{id:str}/drafts            | conversation.read  | conversation:read | none
PUT    /api/conversations/{id:str}/drafts            | message.write      | conversation:read | bad
POST   /api/conversations/{id:str}/undo              | conversation.write | conversation:write | bad
POST   /api/messages/{id:str}/retry                  | message.write conversation.read | message:write | none
GET    /api/search                                   | -                  | -                 | none
GET    /api/views                                    | -                  | -                 | none
POST   /api/views                                    | -                  | -                 | bad
GET    /api/views/{id:str}                           | -                  | @view             | none
PATCH  /api/views/{id:str}                           | -                  | @view             | stale
DELETE /api/views/{id:str}                           | -                  | @view             | deny
GET    /api/views/{id:str}/records                   | -                  | @view             | none
GET    /api/fields                                   | field.read         | -                 | none
POST   /api/fields                                   | field.write        | -                 | bad
POST   /api/fields/plan                              | field.write        | -                 | bad
GET    /api/fields/{id:str}                          | field.read         | @field            | none
PATCH  /api/fields/{id:str}                          | field.write        | @field            | bad
DELETE /api/fields/{id:str}                          | field.write        | @field            | deny
POST   /api/fields/{id:str}/rename                   | field.write        | @field            | bad
POST   /api/fields/{id:str}/restore                  | field.write        | @field            | deny
GET    /api/fields/{id:str}/values                   | field.read         | @field            | none
GET    /api/field-types                              | field.read         | -                 | none
GET    /api/schemas                                  | schema.read        | -                 | none
GET    /api/schemas/{type:str}                       | schema.read        | @schema           | none
GET    /api/openapi.json                             | schema.read        | -                 | none
GET    /api/docs                                     | schema.read        | -                 | none
GET    /api/plugins                                  | plugin.read        | -                 | none
GET    /api/plugins/{name:str}                       | plugin.read        | @plugin           | none
PATCH  /api/plugins/{name:str}                       | plugin.write       | @plugin           | bad
POST   /api/plugins/{name:str}/check                 | plugin.write       | @plugin           | deny
GET    /api/plugins/{name:str}/settings              | plugin.read        | @plugin           | none
PUT    /api/plugins/{name:str}/settings              | plugin.write       | @plugin           | deny
GET    /api/channels                                 | channel.read       | -                 | none
GET    /api/connections                              | channel.read       | -                 | none
GET    /api/panels                                   | -                  | -                 | none
GET    /api/panels/{panel:str}                       | -                  | -                 | none
GET    /api/tiles                                    | -                  | -                 | none
GET    /api/tiles/{tile:str}                         | -                  | @tile             | none
GET    /api/pages                                    | -                  | -                 | none
GET    /api/x/{plugin:str}/pages/{page:str}          | -                  | @page             | none
GET    /api/timeline                                 | -                  | -                 | none
GET    /api/messages/{id:str}/blocks                 | message.read conversation.read | message:read | none
GET    /api/media/{id:str}                           | -                  | @file             | none
GET    /api/actions                                  | -                  | -                 | none
GET    /api/x/{plugin:str}/actions/{action:str}      | -                  | @action           | none
POST   /api/x/{plugin:str}/actions/{action:str}      | -                  | @action           | deny
GET    /api/commands                                 | -                  | -                 | none
GET    /api/setup-steps                              | plugin.write       | -                 | none
GET    /api/health-checks                            | plugin.read        | -                 | none
GET    /api/channel-accounts                         | channel.read       | -                 | none
POST   /api/channel-accounts                         | channel.write      | -                 | bad
GET    /api/channel-accounts/{account:str}           | channel.read       | @account          | none
PATCH  /api/channel-accounts/{account:str}           | channel.write      | @account          | bad
POST   /api/channel-accounts/{account:str}/check     | channel.write      | @account          | deny
DELETE /api/channel-accounts/{account:str}           | channel.write      | @account          | deny
POST   /api/channels/{account:str}/inbound           | inbound.post       | @account          | bad
GET    /api/inbound                                  | inbound.read       | -                 | none
GET    /api/inbound/{id:str}                         | inbound.read       | delivery:read     | none
POST   /api/inbound/{id:str}/replay                  | inbound.write      | delivery:read     | deny
GET    /api/jobs                                     | job.read           | -                 | none
DELETE /api/jobs/{id:str}                            | job.write          | @job              | deny
POST   /api/jobs/{id:str}/retry                      | job.write          | @job              | deny
GET    /api/jobs/queues                              | job.read           | -                 | none
GET    /api/jobs/periodic                            | job.read           | -                 | none
POST   /api/jobs/retry                               | job.write          | -                 | bad
GET    /api/jobs/{id:str}                            | job.read           | @job              | none
POST   /api/jobs/{id:str}/cancel                     | job.write          | @job              | deny
GET    /api/event-replays                            | job.read           | -                 | none
POST   /api/event-replays                            | job.write          | -                 | bad
GET    /api/event-replays/{id:str}                   | job.read           | @replay           | none
POST   /api/event-replays/{id:str}/cancel            | job.write          | @replay           | deny
GET    /api/roles                                    | role.read          | -                 | none
POST   /api/roles                                    | role.write         | -                 | bad
GET    /api/roles/{key:str}                          | role.read          | @role             | none
PATCH  /api/roles/{key:str}                          | role.write         | @role             | bad
DELETE /api/roles/{key:str}                          | role.write         | @role             | none
GET    /api/tokens                                   | token.write        | -                 | none
POST   /api/tokens                                   | token.write        | -                 | bad
DELETE /api/tokens/{id:str}                          | token.write        | @token            | deny
PUT    /api/users/{id:str}/password                  | user.write         | @user             | bad
GET    /api/me                                       | -                  | -                 | none
GET    /api/me/preferences                           | -                  | -                 | none
PATCH  /api/me/preferences                           | -                  | -                 | bad
GET    /api/live                                     | -                  | -                 | caught-up
POST   /api/files                                    | -                  | -                 | deny
GET    /api/files/{id:str}                           | -                  | @file             | none
GET    /api/files/{id:str}/thumbnail                 | -                  | @file             | none
GET    /api/imports                                  | import.read        | -                 | none
POST   /api/imports                                  | import.write       | -                 | bad
GET    /api/imports/{id:str}                         | import.read        | @import           | none
DELETE /api/imports/{id:str}                         | import.write       | @import           | none
POST   /api/imports/{id:str}/cancel                  | import.write       | @import           | none
GET    /api/imports/{id:str}/errors                  | import.read        | @import           | none
POST   /api/imports/{id:str}/preview                 | import.write       | @import           | none
POST   /api/imports/{id:str}/resume                  | import.write       | @import           | none
POST   /api/imports/{id:str}/start                   | import.write       | @import           | none
POST   /api/imports/{id:str}/undo                    | import.write       | @import           | none
GET    /api/notifications                            | -                  | -                 | none
GET    /api/notifications/count                      | -                  | -                 | none
POST   /api/notifications/read                       | -                  | -                 | deny
POST   /api/notifications/{id:str}/read              | -                  | @notification     | deny
GET    /api/notifications/choices                    | -                  | -                 | none
PATCH  /api/notifications/choices                    | -                  | -                 | bad
GET    /notifications                                | -                  | -                 | none
GET    /notifications/count                          | -                  | -                 | none
POST   /notifications/read                           | -                  | -                 | deny
POST   /notifications/{id:uuid}/open                 | -                  | @notification     | deny
POST   /settings/profile/notifications               | -                  | -                 | deny
GET    /tasks/new                                    | task.write         | -                 | none
POST   /tasks/new                                    | task.write         | -                 | deny
GET    /tasks/calendar                               | task.read          | -                 | none
GET    /tasks/preview                                | task.write         | -                 | none
GET    /tasks/{id:uuid}                              | task.read          | task:read         | none
POST   /tasks/{id:uuid}                              | task.write         | task:write        | deny
POST   /tasks/{id:uuid}/delete                       | task.delete        | task:delete       | deny
GET    /api/audit                                    | audit.read         | -                 | none
GET    /api/audit/export                             | audit.read         | -                 | noted
GET    /api/audit/verify                             | audit.read         | -                 | noted
POST   /api/companies/{id:str}/reveal                | sensitive.read     | @reveal           | deny
POST   /api/contacts/{id:str}/reveal                 | sensitive.read     | @reveal           | deny
POST   /api/conversations/{id:str}/reveal            | sensitive.read     | @reveal           | deny
GET    /api/contacts/{id:str}/duplicates             | contact.read       | contact:read      | none
POST   /api/contacts/{id:str}/duplicates/dismiss     | contact.write      | contact:write     | deny-other
GET    /api/duplicates                               | contact.read       | -                 | none
GET    /api/duplicates/scan                          | contact.read       | -                 | none
POST   /api/duplicates/scan                          | job.write          | -                 | deny
GET    /api/duplicates/{id:str}                      | contact.read       | @duplicate        | none
POST   /api/duplicates/{id:str}/dismiss              | contact.write      | @duplicate        | none
POST   /api/duplicates/{id:str}/merge                | contact.write      | @duplicate        | bad
POST   /api/duplicates/{id:str}/reopen               | contact.write      | @duplicate        | none
POST   /api/contacts/{id:str}/personal-data/exports   | privacy.export     | @person           | deny
GET    /api/contacts/{id:str}/personal-data/exports   | privacy.export     | contact:history   | none
GET    /api/contacts/{id:str}/personal-data/exports/{export:str}/file | privacy.export     | @person           | none
GET    /api/contacts/{id:str}/personal-data/preview   | privacy.erase      | contact:history   | none
POST   /api/contacts/{id:str}/personal-data/erase     | privacy.erase      | @person           | bad
GET    /api/contacts/{id:str}/personal-data/erasure   | privacy.erase      | @person           | none
POST   /api/contacts/{id:str}/personal-data/erasure/resume | privacy.erase      | @person           | bad
GET    /api/retention                                | settings.read      | -                 | none
PUT    /api/retention/{kind:str}                     | settings.write     | @kind             | bad
GET    /auth/{plugin:str}/callback                   | public             | @plugin           | deny
GET    /auth/{plugin:str}/start                      | public             | @plugin           | deny
POST   /contacts/{id:uuid}/reveal                    | sensitive.read     | contact:read      | deny
POST   /contacts/{id:uuid}/duplicates/{other:uuid}/merge | contact.write | contact:write | deny
POST   /contacts/{id:uuid}/duplicates/{other:uuid}/dismiss | contact.write | contact:write | deny
POST   /contacts/{id:uuid}/merges/{merge:uuid}/undo  | contact.write      | @merge            | deny
GET    /contacts/{id:uuid}/personal-data              | privacy.export     | contact:history   | none
POST   /contacts/{id:uuid}/personal-data/export       | privacy.export     | @person           | deny
GET    /contacts/{id:uuid}/personal-data/exports/{export:uuid} | privacy.export     | @person           | none
POST   /contacts/{id:uuid}/personal-data/erase        | privacy.erase      | @person           | deny
POST   /contacts/{id:uuid}/personal-data/resume       | privacy.erase      | @person           | deny
GET    /overview                                     | -                  | -                 | none
GET    /ui/tiles/{tile:str}                          | -                  | @tile             | none
GET    /x/{plugin:str}/{page:str}                    | -                  | @page             | none
GET    /x/{plugin:str}/{page:str}/{rest:path}        | -                  | @page             | none
GET    /ui/actions/{plugin:str}/{action:str}         | -                  | @action           | none
POST   /ui/actions/{plugin:str}/{action:str}         | -                  | @action           | deny
POST   /ui/bulk-actions/{type:str}/{plugin:str}/{action:str} | -          | @action           | deny
GET    /ui/messages/{id:uuid}/blocks                 | message.read conversation.read | message:read | none
GET    /ui/media/{id:uuid}                           | -                  | @file             | none
GET    /ui/timelines/{slot:str}/{id:uuid}            | -                  | @slot             | none
POST   /ui/panels/{panel:str}/fold                   | -                  | @panel            | deny
GET    /settings/panels                              | -                  | -                 | none
POST   /settings/panels                              | -                  | -                 | deny
GET    /files/{id:uuid}                              | -                  | @file             | none
GET    /files/{id:uuid}/thumbnail                    | -                  | @file             | none
GET    /lookup/{record_type:str}                     | -                  | @type             | deny
GET    /settings/audit                               | audit.read         | -                 | none
GET    /settings/audit/export                        | audit.read         | -                 | noted
POST   /settings/audit/verify                        | audit.read         | -                 | deny
POST   /settings/security/accounts/{id:uuid}/unlink  | -                  | @session          | deny
GET    /settings/roles                               | role.read          | -                 | none
POST   /settings/roles                               | role.write         | -                 | deny
GET    /settings/roles/{key:str}                     | role.read          | @role             | none
POST   /settings/roles/{key:str}                     | role.write         | @role             | deny
POST   /settings/roles/{key:str}/delete              | role.write         | @role             | deny
GET    /api/webhooks                                 | webhook.read       | -                 | none
POST   /api/webhooks                                 | webhook.write      | -                 | bad
GET    /api/webhooks/{id:str}                        | webhook.read       | @webhook          | none
PATCH  /api/webhooks/{id:str}                        | webhook.write      | @webhook          | bad
DELETE /api/webhooks/{id:str}                        | webhook.write      | @webhook          | deny
POST   /api/webhooks/{id:str}/rotate                 | webhook.write      | @webhook          | deny
DELETE /api/webhooks/{id:str}/old-secret             | webhook.write      | @webhook          | deny
POST   /api/webhooks/{id:str}/test                   | webhook.write      | @webhook          | deny
GET    /api/webhooks/{id:str}/deliveries             | webhook.read       | @webhook          | none
POST   /api/webhooks/{id:str}/deliveries/{delivery:str}/retry | webhook.write | @webhook      | deny
GET    /settings/webhooks                            | webhook.read       | -                 | none
POST   /settings/webhooks                            | webhook.write      | -                 | deny
GET    /settings/webhooks/{id:uuid}                  | webhook.read       | @webhook          | none
POST   /settings/webhooks/{id:uuid}                  | webhook.write      | @webhook          | deny
POST   /settings/webhooks/{id:uuid}/delete           | webhook.write      | @webhook          | deny
POST   /settings/webhooks/{id:uuid}/deliveries/{delivery:uuid}/retry | webhook.write | @webhook | deny
POST   /settings/webhooks/{id:uuid}/drop-secret      | webhook.write      | @webhook          | deny
POST   /settings/webhooks/{id:uuid}/enable           | webhook.write      | @webhook          | deny
POST   /settings/webhooks/{id:uuid}/pause            | webhook.write      | @webhook          | deny
POST   /settings/webhooks/{id:uuid}/rotate           | webhook.write      | @webhook          | deny
POST   /settings/webhooks/{id:uuid}/test             | webhook.write      | @webhook          | deny
GET    /settings/jobs                                | job.read           | -                 | none
POST   /settings/jobs/retry                          | job.write          | -                 | deny
GET    /settings/jobs/{id:uuid}                      | job.read           | @job              | none
POST   /settings/jobs/{id:uuid}/cancel               | job.write          | @job              | deny
POST   /settings/jobs/{id:uuid}/discard              | job.write          | @job              | deny
POST   /settings/jobs/{id:uuid}/retry                | job.write          | @job              | deny
GET    /settings/jobs/replays                        | job.read           | -                 | none
POST   /settings/jobs/replays                        | job.write          | -                 | deny
POST   /settings/jobs/replays/{id:uuid}/cancel       | job.write          | @replay           | deny
GET    /api/invitations                              | user.write         | -                 | none
POST   /api/invitations                              | user.write         | -                 | bad
DELETE /api/invitations/{id:str}                     | user.write         | @invitation       | deny
POST   /api/invitations/{id:str}/send                | user.write         | @invitation       | deny
GET    /api/me/second-factor                         | -                  | -                 | deny
POST   /api/me/second-factor                         | -                  | -                 | deny
POST   /api/me/second-factor/confirm                 | -                  | -                 | deny
GET    /api/sessions                                 | -                  | -                 | deny
DELETE /api/sessions                                 | -                  | -                 | deny
DELETE /api/sessions/{id:str}                        | -                  | @session          | deny
POST   /api/users/{id:str}/reset-link                | user.write         | @user             | deny
DELETE /api/users/{id:str}/second-factor             | user.write         | @user             | deny
DELETE /api/users/{id:str}/sessions                  | user.write         | @user             | deny
GET    /api/users/{id:str}/teams                     | user.read          | @user             | none
PUT    /api/users/{id:str}/teams                     | user.write         | @user             | deny
GET    /health/live                                  | public             | -                 | none
GET    /health/ready                                 | public             | -                 | none
GET    /metrics                                     | metrics.read       | -                 | none
GET    /hooks/{account:str}                          | public             | @account          | deny
POST   /hooks/{account:str}                          | public             | @account          | deny
GET    /f/{slug:str}                                 | public             | @account          | deny
POST   /f/{slug:str}                                 | public             | @account          | deny
GET    /static/{digest:str}/{name:path}              | public             | @asset            | deny
GET    /login                                        | public             | -                 | none
POST   /login                                        | public             | -                 | deny
GET    /login/code                                   | public             | -                 | deny
POST   /login/code                                   | public             | -                 | deny
GET    /login/enrol                                  | public             | -                 | deny
POST   /login/enrol                                  | public             | -                 | deny
GET    /password                                     | public             | -                 | none
POST   /password                                     | public             | -                 | deny
GET    /password/{token:str}                         | public             | @secret           | deny
POST   /password/{token:str}                         | public             | @secret           | deny
GET    /invitation/{token:str}                       | public             | @secret           | deny
POST   /invitation/{token:str}                       | public             | @secret           | deny
POST   /logout                                       | -                  | -                 | deny
GET    /                                             | -                  | -                 | none
GET    /inbox                                        | conversation.read  | -                 | none
GET    /inbox/{id:uuid}                              | conversation.read then:message.read | conversation:read | none
POST   /inbox/bulk                                   | conversation.write | -                 | deny
GET    /inbox/bulk/{id:uuid}                         | conversation.read  | @run              | none
POST   /inbox/bulk/{id:uuid}/undo                    | conversation.write | @run              | deny
GET    /inbox/filter                                 | conversation.read  | -                 | none
GET    /inbox/view                                   | conversation.read  | -                 | none
POST   /inbox/view                                   | conversation.read  | -                 | deny
POST   /inbox/{id:uuid}/undo                         | conversation.write | conversation:write | deny
POST   /inbox/{id:uuid}/draft                        | message.write      | conversation:read | deny
GET    /palette                                      | -                  | -                 | none
GET    /shortcuts                                    | -                  | -                 | none
POST   /inbox/{id:uuid}/assign                       | conversation.write | conversation:write | deny
POST   /inbox/{id:uuid}/close                        | conversation.write | conversation:write | deny
GET    /inbox/{id:uuid}/fields                       | conversation.write | conversation:read | none
POST   /inbox/{id:uuid}/fields                       | conversation.write | conversation:write | deny
POST   /inbox/{id:uuid}/messages                     | message.write      | conversation:write | deny
POST   /inbox/{id:uuid}/messages/{message:uuid}/retry | message.write     | conversation:write | deny
POST   /inbox/{id:uuid}/priority                     | conversation.write | conversation:write | deny
POST   /inbox/{id:uuid}/reopen                       | conversation.write | conversation:write | deny
POST   /inbox/{id:uuid}/snooze                       | conversation.write | conversation:write | deny
POST   /inbox/{id:uuid}/tags                         | conversation.write | conversation:write | deny
GET    /contacts                                     | contact.read       | -                 | none
GET    /contacts/new                                 | contact.write      | -                 | none
POST   /contacts/new                                 | contact.write      | -                 | deny
GET    /contacts/{id:uuid}                           | contact.read       | contact:read      | none
GET    /contacts/{id:uuid}/edit                      | contact.write      | contact:read      | none
POST   /contacts/{id:uuid}/edit                      | contact.write      | contact:write     | deny
GET    /contacts/filter                              | contact.read       | -                 | none
POST   /contacts/view                                | contact.read       | -                 | deny
POST   /contacts/bulk                                | contact.read       | -                 | deny
POST   /contacts/bulk/begin                          | contact.write      | -                 | deny
GET    /contacts/bulk/{id:uuid}                      | contact.read       | @run              | none
POST   /contacts/bulk/{id:uuid}/undo                 | contact.write      | @run              | deny
GET    /contacts/{id:uuid}/fields/{field:str}        | contact.write      | contact:read      | deny
POST   /contacts/{id:uuid}/fields/{field:str}        | contact.write      | contact:write     | deny
GET    /contacts/{id:uuid}/merge                     | contact.write      | contact:read      | none
POST   /contacts/{id:uuid}/merge                     | contact.write      | contact:write     | deny
GET    /companies                                    | company.read       | -                 | none
GET    /companies/filter                             | company.read       | -                 | none
POST   /companies/view                               | company.read       | -                 | deny
POST   /companies/bulk                               | company.read       | -                 | deny
POST   /companies/bulk/begin                         | company.write      | -                 | deny
GET    /companies/bulk/{id:uuid}                     | company.read       | @run              | none
POST   /companies/bulk/{id:uuid}/undo                | company.write      | @run              | deny
GET    /companies/new                                | company.write      | -                 | none
POST   /companies/new                                | company.write      | -                 | deny
GET    /companies/{id:uuid}                          | company.read       | company:read      | none
GET    /companies/{id:uuid}/edit                     | company.write      | company:read      | none
POST   /companies/{id:uuid}/edit                     | company.write      | company:write     | deny
GET    /companies/{id:uuid}/fields/{field:str}       | company.write      | company:read      | deny
POST   /companies/{id:uuid}/fields/{field:str}       | company.write      | company:write     | deny
GET    /companies/{id:uuid}/merge                    | company.write      | company:read      | none
POST   /companies/{id:uuid}/merge                    | company.write      | company:write     | deny
POST   /companies/{id:uuid}/merges/{merge:uuid}/undo | company.write      | @merge            | deny
GET    /contacts/duplicates                          | contact.read       | -                 | none
POST   /contacts/duplicates/scan                     | job.write          | -                 | deny
POST   /contacts/duplicates/{id:uuid}/reopen         | contact.write      | @suggestion       | deny
GET    /records/{plural:str}                         | -                  | @list             | none
GET    /records/{plural:str}/filter                  | -                  | @list             | none
POST   /records/{plural:str}/view                    | -                  | @list             | deny
POST   /records/{plural:str}/bulk                    | -                  | @list             | deny
POST   /records/{plural:str}/bulk/begin              | -                  | @list             | deny
GET    /records/{plural:str}/bulk/{id:uuid}          | -                  | @list             | none
POST   /records/{plural:str}/bulk/{id:uuid}/undo     | -                  | @list             | deny
GET    /records/{plural:str}/new                     | -                  | @list             | none
POST   /records/{plural:str}/new                     | -                  | @list             | deny
GET    /records/{plural:str}/{id:uuid}               | -                  | @list             | none
GET    /records/{plural:str}/{id:uuid}/edit          | -                  | @list             | none
POST   /records/{plural:str}/{id:uuid}/edit          | -                  | @list             | deny
GET    /records/{plural:str}/{id:uuid}/fields/{field:str} | -                  | @list             | none
POST   /records/{plural:str}/{id:uuid}/fields/{field:str} | -                  | @list             | deny
GET    /tasks                                        | task.read          | -                 | none
POST   /tasks                                        | task.write         | -                 | deny
POST   /tasks/{id:uuid}/status                       | task.write         | task:write        | deny
GET    /search                                       | -                  | -                 | none
GET    /ui/panels/{panel:str}                        | -                  | @panel            | deny
GET    /settings                                     | -                  | -                 | none
GET    /settings/ui                                  | -                  | -                 | none
GET    /settings/channels                            | channel.read       | -                 | none
GET    /settings/channels/new                        | channel.write      | -                 | deny
POST   /settings/channels/new                        | channel.write      | -                 | deny
GET    /settings/channels/{id:uuid}                  | channel.write      | @account          | none
POST   /settings/channels/{id:uuid}                  | channel.write      | @account          | deny
POST   /settings/channels/{id:uuid}/pause            | channel.write      | @account          | deny
POST   /settings/channels/{id:uuid}/resume           | channel.write      | @account          | deny
GET    /settings/connections                         | channel.read       | -                 | none
GET    /settings/connections/new                     | channel.write      | -                 | deny
POST   /settings/connections/new                     | channel.write      | -                 | deny
GET    /settings/connections/{id:uuid}               | channel.write      | @account          | deny
POST   /settings/connections/{id:uuid}               | channel.write      | @account          | deny
POST   /settings/connections/{id:uuid}/pause         | channel.write      | @account          | deny
POST   /settings/connections/{id:uuid}/resume        | channel.write      | @account          | deny
GET    /settings/connections/{id:uuid}/delete        | channel.write      | @account          | deny
POST   /settings/connections/{id:uuid}/delete        | channel.write      | @account          | deny
POST   /settings/deliveries/{id:uuid}/replay         | inbound.write      | delivery:read     | deny
GET    /connections/{id:uuid}/authorize              | channel.write      | @account          | deny
GET    /connections/callback                         | channel.write      | -                 | deny
GET    /settings/fields                              | field.read         | -                 | none
POST   /settings/fields                              | field.write        | -                 | deny
POST   /settings/fields/preview                      | field.write        | -                 | deny
GET    /settings/fields/{id:uuid}                    | field.write        | @field            | none
POST   /settings/fields/{id:uuid}                    | field.write        | @field            | deny
POST   /settings/fields/{id:uuid}/delete             | field.write        | @field            | deny
POST   /settings/fields/{id:uuid}/restore            | field.write        | @field            | deny
POST   /api/bulk-runs                                | -                  | -                 | bad
GET    /api/bulk-runs/{id:str}                       | -                  | @run              | none
POST   /api/bulk-runs/{id:str}/undo                  | -                  | @run              | deny
GET    /api/exports                                  | export.read        | -                 | none
POST   /api/exports                                  | export.read        | -                 | bad
GET    /api/exports/{id:str}                         | export.read        | @export           | none
DELETE /api/exports/{id:str}                         | export.read        | @export           | none
GET    /api/exports/{id:str}/file                    | export.read        | @export           | none
GET    /settings/export                              | export.read        | -                 | none
POST   /settings/export                              | export.read        | -                 | deny
POST   /settings/export/{id:uuid}/delete             | export.read        | @export           | deny
GET    /settings/export/{id:uuid}/file               | export.read        | @export           | none
GET    /settings/tokens                              | token.write        | -                 | none
POST   /settings/tokens                              | token.write        | -                 | deny
POST   /settings/tokens/{id:uuid}/revoke             | token.write        | @token            | deny
GET    /api/tag-uses                                 | tag.read           | -                 | none
POST   /api/tags/{id:str}/merge                      | tag.write          | @tag              | bad
GET    /api/removed-tags                             | tag.read           | -                 | none
POST   /api/removed-tags/{id:str}/undo               | tag.write          | @removal          | none
GET    /settings/tags                                | tag.read           | -                 | none
POST   /settings/tags                                | tag.write          | -                 | deny
POST   /settings/tags/{id:uuid}                      | tag.write          | @tag              | deny
POST   /settings/tags/{id:uuid}/delete               | tag.delete         | @tag              | deny
POST   /settings/tags/{id:uuid}/merge                | tag.write          | @tag              | deny
POST   /settings/tags/removed/{id:uuid}/undo         | tag.write          | @removal          | deny
GET    /api/canned-replies                           | message.write      | -                 | none
POST   /api/canned-replies                           | message.write      | -                 | bad
GET    /api/canned-replies/{id:str}                  | message.write      | @canned           | none
PATCH  /api/canned-replies/{id:str}                  | message.write      | @canned           | bad
DELETE /api/canned-replies/{id:str}                  | message.write      | @canned           | none
POST   /api/canned-replies/{id:str}/fill             | message.write      | @canned           | bad
GET    /inbox/{id:uuid}/canned                       | message.write conversation.read | conversation:read | none
GET    /settings/canned                              | message.write      | -                 | none
POST   /settings/canned                              | message.write      | -                 | deny
GET    /settings/canned/{id:uuid}                    | message.write      | @canned           | none
POST   /settings/canned/{id:uuid}                    | message.write      | @canned           | deny
POST   /settings/canned/{id:uuid}/delete             | message.write      | @canned           | deny
GET    /settings/general                             | settings.read      | -                 | none
POST   /settings/general                             | settings.write     | -                 | deny
POST   /settings/general/choices                     | settings.write     | -                 | deny
GET    /api/settings                                 | settings.read      | -                 | none
PATCH  /api/settings                                 | settings.write     | -                 | bad
GET    /setup                                        | settings.write     | -                 | deny
GET    /setup/workspace                              | settings.write     | -                 | none
POST   /setup/workspace                              | settings.write     | -                 | deny
GET    /setup/channel                                | channel.write      | -                 | deny
POST   /setup/channel                                | channel.write      | -                 | deny
GET    /setup/{token:str}                            | public             | @secret           | deny
POST   /setup/{token:str}                            | public             | @secret           | deny
GET    /settings/import                              | import.read        | -                 | none
POST   /settings/import                              | import.write       | -                 | deny
GET    /settings/import/{id:uuid}                    | import.read        | @import           | none
POST   /settings/import/{id:uuid}                    | import.write       | @import           | deny
POST   /settings/import/{id:uuid}/cancel             | import.write       | @import           | deny
GET    /settings/import/{id:uuid}/errors             | import.read        | @import           | none
POST   /settings/import/{id:uuid}/forget             | import.write       | @import           | deny
POST   /settings/import/{id:uuid}/resume             | import.write       | @import           | deny
POST   /settings/import/{id:uuid}/undo               | import.write       | @import           | deny
GET    /settings/people                              | user.read          | -                 | none
POST   /settings/people/invite                       | user.write         | -                 | deny
POST   /settings/people/invitations/{id:uuid}/resend | user.write         | @invitation       | deny
POST   /settings/people/invitations/{id:uuid}/revoke | user.write         | @invitation       | deny
GET    /settings/people/{id:uuid}                    | user.write         | @user             | none
POST   /settings/people/{id:uuid}                    | user.write         | @user             | deny
POST   /settings/people/{id:uuid}/end-sessions       | user.write         | @user             | deny
POST   /settings/people/{id:uuid}/reset-link         | user.write         | @user             | deny
POST   /settings/people/{id:uuid}/reset-second-factor | user.write        | @user             | deny
GET    /settings/plugins                             | plugin.read        | -                 | none
GET    /settings/plugins/{plugin:str}                | plugin.write       | @plugin           | deny
POST   /settings/plugins/{plugin:str}                | plugin.write       | @plugin           | deny
POST   /settings/plugins/{plugin:str}/switch         | plugin.write       | @plugin           | deny
GET    /settings/profile                             | -                  | -                 | none
POST   /settings/profile                             | -                  | -                 | deny
POST   /settings/profile/language                    | -                  | -                 | deny
POST   /settings/profile/theme                       | -                  | -                 | deny
POST   /settings/profile/density                     | -                  | -                 | deny
POST   /settings/profile/keys                        | -                  | -                 | deny
GET    /settings/security                            | -                  | -                 | deny
POST   /settings/security/password                   | -                  | -                 | deny
GET    /settings/security/second-factor              | -                  | -                 | deny
POST   /settings/security/second-factor              | -                  | -                 | deny
POST   /settings/security/second-factor/codes        | -                  | -                 | deny
POST   /settings/security/second-factor/off          | -                  | -                 | deny
POST   /settings/security/sessions/end-others        | -                  | -                 | deny
POST   /settings/security/sessions/{id:uuid}/end     | -                  | @session          | deny
GET    /settings/teams                               | team.read          | -                 | none
POST   /settings/teams                               | team.write         | -                 | deny
POST   /settings/teams/{id:uuid}                     | team.write         | @team             | deny
POST   /settings/teams/{id:uuid}/delete              | team.delete        | @team             | deny
"""


def rows() -> dict[tuple[str, str], Row]:
    """Return the table by method and path."""
    found = {}
    lines = [line for line in OTHERS.strip().splitlines() if line.strip()]
    for key, (plural, verbs) in RECORDS.items():
        lines += _of_records(key, plural, set(verbs.split()))
    for line in lines:
        route, needs, record, probe = (part.strip() for part in line.split("|"))
        method, path = route.split()
        kind, _, action = record.partition(":")
        permissions = () if needs == "-" else tuple(needs.split())
        assert (method, path) not in found, f"{method} {path} is there twice"
        found[method, path] = Row(method, path, permissions, kind, action or "read", probe)
    return found


def _of_records(key: str, plural: str, verbs: set[str]) -> list[str]:
    many, one = f"/api/{plural}", f"/api/{plural}/{{id:str}}"
    lines = [
        f"GET {many} | {key}.read | - | none",
        f"GET {many}/export | export.read {key}.read | - | noted",
        f"GET {one} | {key}.read | {key}:read | none",
        f"GET {one}/history | {key}.read | {key}:history | none",
    ]
    if "custom" in verbs:
        lines.append(f"GET {one}/provenance | {key}.read | {key}:read | none")
    if "create" in verbs:
        lines.append(f"POST {many} | {key}.write | - | bad")
    if "change" in verbs:
        lines.append(f"PATCH {one} | {key}.write {key}.read | {key}:write | stale")
    if "delete" in verbs:
        lines.append(f"DELETE {one} | {key}.delete {key}.read | {key}:delete | stale")
    if "restore" in verbs:
        lines.append(f"POST {one}/restore | {key}.write {key}.read | {key}:restore | none")
    if "bulk" in verbs:
        lines.append(f"POST {many}/bulk | {key}.read {key}.write | {key}:bulk | bulk")
    return lines
