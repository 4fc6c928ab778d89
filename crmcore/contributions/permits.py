"""Who may open or do what a plugin contributes."""

from typing import TYPE_CHECKING

from crmcore.accounts.scopes import means_something
from crmcore.contracts.actors import Actor
from crmcore.errors import Forbidden

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def permitted(crm: "Crm", permission: str, actor: Actor) -> bool:
    """Tell whether ``actor`` holds ``permission``. An empty one is held by all, one that nobody knows by nobody."""
    if not permission:
        return True
    names = crm.registry.permissions
    return means_something(permission, crm.registry.record_types, names) and actor.may(permission)


def demand_permit(crm: "Crm", permission: str, actor: Actor) -> None:
    """Raise :class:`~crmcore.errors.Forbidden` unless ``actor`` holds ``permission``."""
    if not permitted(crm, permission, actor):
        raise Forbidden(permission=permission[:120])
