"""What invitations, resets, second factors and single sign-on keep."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, BigInt, ForeignKey, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-24T14:00:02:000000"
VERSION = "1.38.0"
DESCRIPTION = "invitations, resets, second factors"


class Team(Table, tablename="team"):
    id = UUID(primary_key=True, default=None)


class User(Table, tablename="user_account"):
    id = UUID(primary_key=True, default=None)


class LoginSession(Table, tablename="login_session"):
    address = Varchar(length=45, default="")
    method = Varchar(length=120, default="password")


class SignInPlace(Table, tablename="sign_in_place"):
    id = UUID(primary_key=True, default=None)
    subject = Varchar(length=120, unique=True)
    at = Timestamptz(default=None, index=True)


class PendingSignIn(Table, tablename="pending_sign_in"):
    id = UUID(primary_key=True, default=None)
    secret_hash = Varchar(length=64, unique=True, secret=True)
    user = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, index=True, null=True)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)


class SecondFactor(Table, tablename="second_factor"):
    id = UUID(primary_key=True, default=None)
    user = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, unique=True, null=True)
    secret = Varchar(length=400, secret=True)
    last_step = BigInt(default=0)
    created_at = Timestamptz(default=None)
    confirmed_at = Timestamptz(null=True, default=None)


class RecoveryCode(Table, tablename="recovery_code"):
    id = UUID(primary_key=True, default=None)
    user = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, index=True, null=True)
    code_hash = Varchar(length=64, secret=True)
    used_at = Timestamptz(null=True, default=None)


class Invitation(Table, tablename="invitation"):
    id = UUID(primary_key=True, default=None)
    email = Varchar(length=254, index=True)
    name = Varchar(length=200, default="")
    role = Varchar(length=30, default="agent")
    team = ForeignKey(references=Team, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    language = Varchar(length=8, default="en")
    secret_hash = Varchar(length=64, unique=True, secret=True)
    invited_by = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    accepted_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class PasswordReset(Table, tablename="password_reset"):
    id = UUID(primary_key=True, default=None)
    user = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, index=True, null=True)
    secret_hash = Varchar(length=64, unique=True, secret=True)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)


class ExternalIdentityRow(Table, tablename="external_identity"):
    id = UUID(primary_key=True, default=None)
    user = ForeignKey(references=User, default=None, on_delete=OnDelete.cascade, index=True, null=True)
    provider = Varchar(length=120)
    issuer = Varchar(length=300)
    subject = Varchar(length=255)
    email = Varchar(length=254, default="")
    created_at = Timestamptz(default=None)
    last_used_at = Timestamptz(default=None)


TABLES = (
    SignInPlace,
    PendingSignIn,
    SecondFactor,
    RecoveryCode,
    Invitation,
    PasswordReset,
    ExternalIdentityRow,
)


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)
    for table in TABLES:
        manager.add_table(class_name=table.__name__, tablename=table._meta.tablename)
    columns = [column for table in TABLES for column in table._meta.columns]
    for column in (*columns, LoginSession.address, LoginSession.method):
        table_class = column._meta.table
        manager.add_columns.append(
            AddColumnClass(
                column=column,
                table_class_name=table_class.__name__,
                tablename=table_class._meta.tablename,
                schema=None,
            )
        )
    return manager
