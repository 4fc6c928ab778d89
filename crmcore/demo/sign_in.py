"""The demo's password and token: made once, kept beside the demo's data, checked at every start."""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.accounts.passwords import Passwords
from crmcore.accounts.tables import User
from crmcore.demo.setting import EMAIL

if TYPE_CHECKING:
    from crmcore.workspace import Crm

FILE = "demo.json"


class SignIn(Struct, kw_only=True):
    """What somebody needs to use the demo. It is written to a file that only its owner reads."""

    email: str = EMAIL
    password: str = ""
    token: str = ""


async def working_sign_in(crm: "Crm", user_id: UUID) -> SignIn:
    """Return a password and a token that work: those of the file, or new ones where they no longer do."""
    file = crm.settings.data_path / FILE
    kept = _read(file)
    renewed = SignIn(password=kept.password, token=kept.token)
    row = await User.select(User.password_hash).where(User.id == user_id).first()
    # A password that somebody changed since, on the page or by another demo on the same database, is replaced.
    if not (row and kept.password and await Passwords().verify(row["password_hash"], kept.password)):
        renewed.password = f"demo-{secrets.token_urlsafe(9)}"
        await crm.accounts.set_password(user_id, renewed.password)
    actor = await crm.accounts.actor_for_token(kept.token) if kept.token else None
    if actor is None or actor.id != str(user_id):
        renewed.token = await crm.accounts.create_token(user_id, "demo", ["all"])
    if renewed != kept:
        _write(file, renewed)
    return renewed


def _read(file: Path) -> SignIn:
    try:
        return msgspec.json.decode(file.read_bytes(), type=SignIn)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return SignIn()


def _write(file: Path, sign_in: SignIn) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(msgspec.json.encode(sign_in))
    fresh.replace(file)
