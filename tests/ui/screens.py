"""Every screen of the application: the tests fail for a page route that has no row here.

A row is ``PATH | where from``. ``-`` is the path itself, ``?…`` the path with that query; ``at ADDRESS`` is that
address; ``on /page`` takes the first link of that page that leads there; ``known NAME`` is an address or an id that
the workspace's filling has told; ``enters EMAIL`` is where signing in as that person leads; ``anybody`` looks without
signing in; ``no: reason`` says why there is nothing to see.
"""

import re
from typing import NamedTuple

from crmcore.web.routes import PAGES

TABLE = """
/login                                    | anybody
/login/code                               | enters otto@example.com
/login/enrol                              | enters vic@example.com
/auth/{plugin:str}/start                  | no: leads to the provider of single sign-on
/auth/{plugin:str}/callback               | no: leads from the provider of single sign-on into the inbox
/password                                 | anybody
/password/{token:str}                     | anybody known reset
/invitation/{token:str}                   | anybody known invitation
/                                         | no: leads to the inbox
/inbox                                    | ?view=all
/inbox/{id:uuid}                          | known conversation
/inbox/{id:uuid}/fields                   | known conversation
/inbox/{id:uuid}/canned                   | no: a list inside the composer
/inbox/filter                             | no: a form inside the list
/inbox/view                               | ?view=all
/inbox/bulk/{id:uuid}                     | no: the page of /contacts/bulk/{id:uuid}
/palette                                  | no: a list inside a dialog
/shortcuts                                | -
/overview                                 | -
/setup                                    | -
/setup/workspace                          | -
/setup/channel                            | -
/setup/{token:str}                        | no: nobody may have an account; the newcomer’s path looks at it
/x/{plugin:str}/{page:str}                | at /x/desk/orders
/x/{plugin:str}/{page:str}/{rest:path}    | no: the page of /x/{plugin:str}/{page:str}
/ui/actions/{plugin:str}/{action:str}     | at /ui/actions/desk/refund?ref=contact:{contact}
/ui/messages/{id:uuid}/blocks             | no: a part of a conversation
/ui/media/{id:uuid}                       | no: a file
/ui/tiles/{tile:str}                      | no: a part of the overview
/ui/timelines/{slot:str}/{id:uuid}        | no: a part of a contact
/contacts                                 | -
/contacts/filter                          | no: a form inside the list
/contacts/new                             | -
/contacts/{id:uuid}                       | known contact
/contacts/{id:uuid}/edit                  | known contact
/contacts/{id:uuid}/fields/{field:str}    | known contact field=job_title
/contacts/{id:uuid}/merge                 | known merge
/contacts/{id:uuid}/personal-data         | known contact
/contacts/{id:uuid}/personal-data/exports/{export:uuid} | no: a file
/contacts/bulk/{id:uuid}                  | known bulk
/contacts/duplicates                      | -
/companies                                | -
/companies/filter                         | no: a form inside the list
/companies/new                            | -
/companies/{id:uuid}                      | known company
/companies/{id:uuid}/edit                 | known company
/companies/{id:uuid}/fields/{field:str}   | known company field=name
/companies/{id:uuid}/merge                | known merge_companies
/companies/bulk/{id:uuid}                 | no: the page of /contacts/bulk/{id:uuid}
/records/{plural:str}                     | no: the page of /contacts
/records/{plural:str}/filter              | no: a form inside the list
/records/{plural:str}/new                 | no: the page of /contacts/new
/records/{plural:str}/{id:uuid}           | no: the page of /companies/{id:uuid}
/records/{plural:str}/{id:uuid}/edit      | no: the page of /contacts/{id:uuid}/edit
/records/{plural:str}/{id:uuid}/fields/{field:str} | no: the page of /contacts/{id:uuid}/fields/{field:str}
/records/{plural:str}/bulk/{id:uuid}      | no: the page of /contacts/bulk/{id:uuid}
/tasks                                    | ?view=all
/tasks/new                                | -
/tasks/preview                            | no: a line inside the form
/tasks/calendar                           | -
/tasks/{id:uuid}                          | on /tasks?view=all
/notifications                            | -
/notifications/count                      | no: a number
/search                                   | ?q=anna
/lookup/{record_type:str}                 | no: a list inside a field
/ui/panels/{panel:str}                    | on /inbox/{conversation}
/files/{id:uuid}                          | no: a file
/files/{id:uuid}/thumbnail                | no: a picture
/static/{digest:str}/{name:path}          | no: style sheets, scripts, fonts and icons
/f/{slug:str}                             | anybody slug=write
/settings                                 | no: leads to the profile
/settings/profile                         | -
/settings/security                        | -
/settings/security/second-factor          | -
/settings/general                         | -
/settings/people                          | -
/settings/people/{id:uuid}                | on /settings/people
/settings/teams                           | -
/settings/roles                           | -
/settings/roles/{key:str}                 | on /settings/roles
/settings/fields                          | -
/settings/fields/{id:uuid}                | on /settings/fields
/settings/import                          | -
/settings/import/{id:uuid}                | known import
/settings/import/{id:uuid}/errors         | no: a file
/settings/export                          | -
/settings/export/{id:uuid}/file           | no: a file
/settings/tags                            | -
/settings/canned                          | -
/settings/canned/{id:uuid}                | on /settings/canned
/settings/channels                        | -
/settings/channels/new                    | ?channel=form
/settings/channels/{id:uuid}              | on /settings/channels
/settings/connections                     | -
/settings/connections/new                 | ?connection=shop
/settings/connections/{id:uuid}           | known connection
/settings/connections/{id:uuid}/delete    | known connection
/connections/{id:uuid}/authorize          | no: leads to the service that is to consent
/connections/callback                     | no: leads back from the service that has consented
/settings/panels                          | -
/settings/audit                           | -
/settings/audit/export                    | no: a file
/settings/plugins                         | -
/settings/plugins/{plugin:str}            | on /settings/plugins
/settings/tokens                          | -
/settings/webhooks                        | -
/settings/webhooks/{id:uuid}              | on /settings/webhooks
/settings/jobs                            | -
/settings/jobs/{id:uuid}                  | known job
/settings/jobs/replays                    | -
/settings/ui                              | -
"""
PARAMETER = re.compile(r"\{(\w+):\w+\}")


class Screen(NamedTuple):
    """One row; ``name`` is made of the path and names pictures and tests."""

    path: str
    where: str

    @property
    def name(self) -> str:
        """The path without what a file's name cannot hold."""
        return re.sub(r"[^a-z0-9]+", "-", PARAMETER.sub("one", self.path)).strip("-") or "front"

    @property
    def pattern(self) -> re.Pattern[str]:
        """What an address of this path looks like."""
        spread = re.sub(r"\\\{\w+:(\w+)\\\}", lambda kind: _KINDS[kind[1]], re.escape(self.path))
        return re.compile(spread + r"(\?.*)?$")


_KINDS = {"uuid": "[0-9a-f-]{36}", "str": "[^/?]+", "path": "[^?]+"}


def table() -> dict[str, Screen]:
    """Return all rows by their path."""
    rows = [line.split("|") for line in TABLE.strip().splitlines()]
    found = {path.strip(): Screen(path.strip(), where.strip()) for path, where in rows}
    assert len(found) == len(rows), "a path is there twice"
    return found


def screens() -> list[Screen]:
    """Return the rows that have something to see."""
    return [screen for screen in table().values() if not screen.where.startswith("no:")]


def page_routes() -> set[str]:
    """Return the paths that the application answers with pages."""
    return {route.path for module in PAGES for route in module.ROUTES if route.method == "GET"}
