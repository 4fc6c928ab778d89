import pytest
from posting import ADMIN

from crmcore import system_actor
from crmcore.errors import Invalid
from crmcore.workspace import Crm


async def test_a_team_with_open_conversations_is_not_deleted(crm: Crm) -> None:
    team = await crm.records.create("team", {"name": "Support"}, actor=ADMIN)
    conversation = await crm.records.create("conversation", {}, actor=system_actor())
    await crm.conversations.change(conversation.id, {"team_id": str(team.id)}, actor=ADMIN)
    with pytest.raises(Invalid) as refused:
        await crm.records.delete("team", team.id, actor=ADMIN)
    assert refused.value.problems[0].code == "team_at_work"
    await crm.conversations.close(conversation.id, actor=ADMIN)
    await crm.records.delete("team", team.id, actor=ADMIN)
