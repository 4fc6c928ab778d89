"""The first account of a new workspace, made in the browser by whoever started it."""

from typing import TYPE_CHECKING
from uuid import UUID

from crmcore.accounts.tables import User
from crmcore.database.errors import Duplicate
from crmcore.errors import NotFound
from crmcore.general.tables import GeneralSetting

if TYPE_CHECKING:
    from crmcore.workspace import Crm

_PURPOSE, _TEXT, _MARK = "first run", "the first account", "first_run"


class FirstRun:
    """Open as long as nobody has an account; its link holds a secret that only the starter's console shows."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._over = False

    @property
    def path(self) -> str:
        """Where the steps begin; the same in all processes and after a restart."""
        return f"/setup/{self._crm.keys.sign(_PURPOSE, _TEXT)}"

    async def is_open(self) -> bool:
        """Tell whether nobody has an account yet; once somebody has, nobody asks again."""
        self._over = self._over or await User.exists()
        return not self._over

    async def check(self, token: str) -> None:
        """Let go on who holds the link. Raises NotFound, also when there are accounts already."""
        if not await self.is_open() or not self._crm.keys.is_signed(_PURPOSE, _TEXT, token[:200]):
            raise NotFound

    async def begin(
        self, token: str, *, email: str, name: str, password: str, language: str, time_zone: str
    ) -> UUID:
        """Make the first account, an administrator's, and return its id. Raises NotFound and Invalid."""
        await self.check(token)
        crm = self._crm
        try:
            async with crm.database.transaction():
                # Of two people with the link one is the first; the other's row is there twice.
                await GeneralSetting.insert(GeneralSetting(name=_MARK, value="", updated_at=crm.clock()))
                id = await crm.accounts.create_user(
                    email, name, password, role="admin", language=language, time_zone=time_zone
                )
        except Duplicate as error:
            raise NotFound from error
        return id
