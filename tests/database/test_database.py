"""The façade, on both engines."""

from crmcore.contacts.tables import Company
from crmcore.database.database import Database


async def test_a_saved_row_is_read_back(database: Database) -> None:
    company = Company(name="Acme", name_key="acme")
    await company.save()
    rows = await Company.select(Company.id, Company.name, Company.created_at).where(Company.id == company.id)
    assert rows == [{"id": company.id, "name": "Acme", "created_at": company.created_at}]
