"""Who is in which team."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, Boolean, ForeignKey, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-24T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "members of teams"


class Team(Table, tablename="team"):
    id = UUID(primary_key=True, default=None)


class User(Table, tablename="user_account"):
    id = UUID(primary_key=True, default=None)


class TeamMember(Table, tablename="team_member"):
    id = UUID(primary_key=True, default=None)
    user = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, null=True)
    team = ForeignKey(references=Team, default=None, on_delete=OnDelete.cascade, null=True, index=True)
    lead = Boolean()
    created_at = Timestamptz(default=None)


async def forwards() -> MigrationManager:
    """Make the table."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    manager.add_table(class_name="TeamMember", tablename="team_member")
    for column in TeamMember._meta.columns:
        manager.add_columns.append(
            AddColumnClass(column=column, table_class_name="TeamMember", tablename="team_member", schema=None)
        )
    return manager
