"""The table of roles."""

from piccolo.columns import JSONB, UUID, Boolean, Integer, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class Role(Table, db=WORKSPACE_ENGINE, tablename="role"):
    """What users with this role may do. ``permissions`` are patterns; null is what the release gives a built-in role.

    ``rows`` maps patterns to row scopes; ``fields`` maps record types to their fields that are ``hidden`` or
    ``read_only``.
    """

    id = UUID(primary_key=True, default=uuid7)
    key = Varchar(length=30, unique=True)
    label = JSONB(default="{}")
    built_in = Boolean(default=False)
    permissions = JSONB(null=True, default=None)
    rows = JSONB(default="{}")
    fields = JSONB(default="{}")
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)


async def role_keys() -> list[str]:
    """Return the keys of all roles, the built-in ones first."""
    rows = await Role.select(Role.key).order_by(Role.built_in, ascending=False).order_by(Role.id)
    return [row["key"] for row in rows]
