from posting import ADMIN, api_account, conversations, drained, post

from crmcore.records.query import ListQuery
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def test_conversations_are_found_by_the_contacts_new_name_at_once(
    crm: Crm, clock: TurnableClock
) -> None:
    await api_account(crm)
    await post(crm, email="maria@example.com", name="Maria Oldname", text="Hello there", subject="Order")
    await drained(crm)
    [row] = await conversations()

    async def found(q: str) -> list[object]:
        return [one.id for one in (await crm.records.list("conversation", ListQuery(q=q), actor=ADMIN)).items]

    assert await found("Oldname") == [row["id"]]
    await crm.records.update("contact", row["contact"], {"last_name": "Newname"}, actor=ADMIN)
    assert await found("Newname") == [row["id"]]
    assert await found("Oldname") == []
    assert [(one.type, one.title) for one in (await crm.search.find("Newname", actor=ADMIN)).items] == [
        ("contact", "Maria Newname")
    ]
    assert (await crm.search.find("Oldname", actor=ADMIN)).items == []
