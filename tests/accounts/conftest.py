"""Accounts on each kind of database, with a user called Anna."""

from uuid import UUID

import pytest
from account_details import PASSWORD

from crmcore.accounts.service import Accounts
from crmcore.database.database import Database
from crmcore.testing.clock import TurnableClock


@pytest.fixture
def accounts(database: Database, clock: TurnableClock) -> Accounts:
    return Accounts(database, clock, record_types=lambda: ["contact", "shop_order"])


@pytest.fixture
async def anna(accounts: Accounts) -> UUID:
    return await accounts.create_user(
        "Anna@Example.com", "Anna Lee", PASSWORD, role="agent", language="ru", time_zone="Europe/Berlin"
    )
