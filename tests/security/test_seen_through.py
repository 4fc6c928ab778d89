"""What somebody whose rows are narrowed sees through his conversations, and what a key of somebody else gives."""

from collections.abc import Callable

import httpx2
from matrix_world import SYSTEM

from crmcore.accounts.role import NewRole, RoleLabel
from crmcore.workspace import Crm

Connect = Callable[..., httpx2.AsyncClient]
MAY = ["contact.read", "contact.write", "company.read", "conversation.read", "task.read", "task.write"]


async def test_a_contact_is_read_through_ones_conversation_and_not_changed(
    crm: Crm, connect: Connect
) -> None:
    label = RoleLabel("Own", "Свои")
    await crm.roles.create(NewRole(key="own", label=label, permissions=MAY, rows={"*": "own"}), actor=SYSTEM)
    clients = []
    for name in ("one", "two"):
        id = await crm.accounts.create_user(f"{name}@example.com", name, None, role="own")
        token = await crm.accounts.create_token(id, "", ["all"])
        clients.append((id, connect(authorization=f"Bearer {token}")))
    (one, first), (_, second) = clients
    contact = await crm.records.create("contact", {"first_name": "Zoe", "company": "Firm"}, actor=SYSTEM)
    company = contact.document["company_id"]
    assert (await first.get(f"/api/contacts/{contact.id}")).status_code == 404
    await crm.records.create(
        "conversation", {"contact_id": str(contact.id), "assignee_id": str(one)}, actor=SYSTEM
    )
    assert (await first.get(f"/api/contacts/{contact.id}")).json()["company"] == "Firm"
    assert (await first.get(f"/api/companies/{company}")).status_code == 200
    assert (await first.get("/api/conversations", params={"q": "zoe"})).json()["items"]
    assert (await first.patch(f"/api/contacts/{contact.id}", json={"notes": "x"})).status_code == 404
    for path in (f"/api/contacts/{contact.id}", f"/api/companies/{company}"):
        assert (await second.get(path)).status_code == 404
    # What he makes is his, without saying so; and nobody else's key gives the answer away.
    key = {"idempotency-key": "the-same"}
    made = await first.post("/api/tasks", json={"title": "Call"}, headers=key)
    assert made.json()["assignee_id"] == str(one)
    other = await second.post("/api/tasks", json={"title": "Call"}, headers=key)
    assert other.status_code == 201 and other.json()["id"] != made.json()["id"]
    assert "idempotent-replayed" not in other.headers
