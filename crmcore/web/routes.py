"""All pages of the web interface."""

from typing import TYPE_CHECKING, Any

from crmcore.web.error_page import Draw, error_page_of
from crmcore.web.pages import (
    audit,
    channels,
    contact_duplicates,
    contact_form,
    contacts,
    conversation_actions,
    conversation_fields,
    custom_field_edit,
    custom_fields,
    exports,
    external,
    files,
    gallery,
    imports,
    inbox,
    invitation,
    login,
    lookup,
    panels,
    password_reset,
    people,
    person,
    personal_data,
    plugins,
    profile,
    public_form,
    roles,
    search,
    second_step,
    security,
    statics,
    tags,
    tasks,
    teams,
    tokens,
    webhooks,
)
from crmcore.web.route import handler_of
from crmcore.web.site import Site

if TYPE_CHECKING:
    from crmcore.workspace import Crm

PAGES = (
    login,
    second_step,
    external,
    password_reset,
    invitation,
    security,
    people,
    person,
    teams,
    inbox,
    conversation_actions,
    conversation_fields,
    contact_form,
    personal_data,
    contacts,
    contact_duplicates,
    tasks,
    search,
    lookup,
    panels,
    audit,
    plugins,
    custom_field_edit,
    custom_fields,
    channels,
    profile,
    roles,
    webhooks,
    imports,
    exports,
    tokens,
    tags,
    gallery,
    public_form,
    files,
    statics,
)


def web_rooms(crm: "Crm") -> tuple[list[Any], Draw]:
    """Return fresh Litestar handlers of all pages for ``crm``, and what draws its error pages."""
    site = Site(crm)
    return [handler_of(site, route) for module in PAGES for route in module.ROUTES], error_page_of(site)
