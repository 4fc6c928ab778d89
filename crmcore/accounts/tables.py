"""Users, teams, and what belongs to signing in."""

from piccolo.columns import JSONB, UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class Team(Table, db=WORKSPACE_ENGINE, tablename="team"):
    """A group of users that conversations can be given to."""

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=120, unique=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
    deleted_at = Timestamptz(null=True, default=None)


class User(Table, db=WORKSPACE_ENGINE, tablename="user_account"):
    """A person who works here. ``email`` is lower-case; ``password_hash`` is Argon2id, empty without a password.

    ``team`` is the first of the teams they are in, the one their work goes to; ``team_member`` has all of them.
    ``keys`` are the keys of the pages that they chose themselves, as JSON.
    """

    id = UUID(primary_key=True, default=uuid7)
    email = Varchar(length=254, unique=True)
    name = Varchar(length=200)
    role = Varchar(length=30, default="agent")
    team = ForeignKey(references=Team, null=True, default=None, on_delete=OnDelete.set_null)
    language = Varchar(length=8, default="en")
    time_zone = Varchar(length=64, default="UTC")
    theme = Varchar(length=10, default="system")
    density = Varchar(length=12, default="comfortable")
    keys = Text(default="{}")
    active = Boolean(default=True)
    password_hash = Varchar(length=255, default="", secret=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)


class TeamMember(Table, db=WORKSPACE_ENGINE, tablename="team_member"):
    """A user in a team; a user may be in several. Unique (user, team). A ``lead`` looks after the team."""

    id = UUID(primary_key=True, default=uuid7)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade)
    team = ForeignKey(references=Team, on_delete=OnDelete.cascade, index=True)
    lead = Boolean(default=False)
    created_at = Timestamptz(default=utc_now)


class LoginSession(Table, db=WORKSPACE_ENGINE, tablename="login_session"):
    """A signed-in browser. Only the SHA-256 of the cookie's secret is kept.

    ``method`` is how it was signed in: ``password``, or the provider of single sign-on.
    """

    id = UUID(primary_key=True, default=uuid7)
    secret_hash = Varchar(length=64, unique=True, secret=True)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=utc_now)
    last_seen_at = Timestamptz(default=utc_now)
    expires_at = Timestamptz(default=utc_now)
    user_agent = Varchar(length=300, default="")
    address = Varchar(length=45, default="")
    method = Varchar(length=120, default="password")


class ApiToken(Table, db=WORKSPACE_ENGINE, tablename="api_token"):
    """A bearer token of a user. Only its SHA-256 is kept; ``scopes`` narrow what the user may do."""

    id = UUID(primary_key=True, default=uuid7)
    secret_hash = Varchar(length=64, unique=True, secret=True)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade)
    name = Varchar(length=120, default="")
    scopes = JSONB(default="[]")
    created_at = Timestamptz(default=utc_now)
    expires_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class SignInAttempt(Table, db=WORKSPACE_ENGINE, tablename="sign_in_attempt"):
    """A failed sign-in, counted per account and per address."""

    id = UUID(primary_key=True, default=uuid7)
    subject = Varchar(length=300, index=True)
    at = Timestamptz(default=utc_now)


class SignInPlace(Table, db=WORKSPACE_ENGINE, tablename="sign_in_place"):
    """An account and an address it was signed in from: failures elsewhere do not make it wait there."""

    id = UUID(primary_key=True, default=uuid7)
    subject = Varchar(length=120, unique=True)
    at = Timestamptz(default=utc_now, index=True)


class PendingSignIn(Table, db=WORKSPACE_ENGINE, tablename="pending_sign_in"):
    """A browser whose password was right and whose code is still to come. Only the secret's SHA-256 is kept."""

    id = UUID(primary_key=True, default=uuid7)
    secret_hash = Varchar(length=64, unique=True, secret=True)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade, index=True)
    created_at = Timestamptz(default=utc_now)
    expires_at = Timestamptz(default=utc_now)


class TokenUse(Table, db=WORKSPACE_ENGINE, tablename="token_use"):
    """When a token was presented last, to ten minutes. Apart from the token: what tokens may is kept in memory."""

    id = UUID(primary_key=True, default=uuid7)
    token = ForeignKey(references=ApiToken, on_delete=OnDelete.cascade, unique=True)
    used_at = Timestamptz(default=utc_now)


class SecondFactor(Table, db=WORKSPACE_ENGINE, tablename="second_factor"):
    """A user's authenticator app. ``secret`` is sealed; ``last_step`` is the last accepted code's time step.

    Without ``confirmed_at`` it was shown and not yet proven, and counts for nothing.
    """

    id = UUID(primary_key=True, default=uuid7)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade, unique=True)
    secret = Varchar(length=400, secret=True)
    last_step = BigInt(default=0)
    created_at = Timestamptz(default=utc_now)
    confirmed_at = Timestamptz(null=True, default=None)


class RecoveryCode(Table, db=WORKSPACE_ENGINE, tablename="recovery_code"):
    """A code for when the authenticator is lost, good for one sign-in. Only its SHA-256 is kept."""

    id = UUID(primary_key=True, default=uuid7)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade, index=True)
    code_hash = Varchar(length=64, secret=True)
    used_at = Timestamptz(null=True, default=None)


class Invitation(Table, db=WORKSPACE_ENGINE, tablename="invitation"):
    """A person asked to work here. Only the SHA-256 of the link's token is kept; a new link replaces the old."""

    id = UUID(primary_key=True, default=uuid7)
    email = Varchar(length=254, index=True)
    name = Varchar(length=200, default="")
    role = Varchar(length=30, default="agent")
    team = ForeignKey(references=Team, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    language = Varchar(length=8, default="en")
    secret_hash = Varchar(length=64, unique=True, secret=True)
    invited_by = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    created_at = Timestamptz(default=utc_now)
    expires_at = Timestamptz(default=utc_now)
    accepted_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class PasswordReset(Table, db=WORKSPACE_ENGINE, tablename="password_reset"):
    """A link that sets a new password once. Only the SHA-256 of its token is kept."""

    id = UUID(primary_key=True, default=uuid7)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade, index=True)
    secret_hash = Varchar(length=64, unique=True, secret=True)
    created_at = Timestamptz(default=utc_now)
    expires_at = Timestamptz(default=utc_now)
    used_at = Timestamptz(null=True, default=None)


class ExternalIdentityRow(Table, db=WORKSPACE_ENGINE, tablename="external_identity"):
    """Whom a provider knows a user as. Unique (provider, issuer, subject)."""

    id = UUID(primary_key=True, default=uuid7)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade, index=True)
    provider = Varchar(length=120)
    issuer = Varchar(length=300)
    subject = Varchar(length=255)
    email = Varchar(length=254, default="")
    created_at = Timestamptz(default=utc_now)
    last_used_at = Timestamptz(default=utc_now)
