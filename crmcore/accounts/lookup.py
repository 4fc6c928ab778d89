"""Finding a user by what a person types."""

from uuid import UUID

from crmcore.accounts.new_user import email_key
from crmcore.accounts.tables import User


async def user_id_of(email: str) -> UUID | None:
    """Return the id of the user with this e-mail address, None when there is none."""
    row = await User.select(User.id).where(User.email == email_key(email)[:254]).first()
    return row["id"] if row else None
