"""The demo's telephone rings, and what becomes of it is there."""

from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from crm_telephony.standin import demo
from crm_telephony.tables import TelephonyCall
from workspace import ADMIN, Pops, all_of, listening, until, workspace

from crmcore.demo.setting import EMAIL
from crmcore.demo.standins import GROUP, StandIns


async def test_a_customer_of_the_demo_calls(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pops = Pops()
    monkeypatch.setattr("crmcore.services.show_pop", pops)
    monkeypatch.setattr(demo, "FIRST_AFTER_S", 0.0)
    monkeypatch.setattr(demo, "AGAIN_AFTER_S", 0.0)
    monkeypatch.setattr(demo, "MOST_CALLS", 2)
    real = demo.scenes_events
    monkeypatch.setattr(
        demo, "scenes_events", lambda scene, id: ((wait_s / 100, event) for wait_s, event in real(scene, id))
    )
    point = EntryPoint("telephony", "crm_telephony.standin.demo:stand_in", GROUP)
    with closing(StandIns([point])) as stand_ins:
        async with workspace(database_url, tmp_path, *stand_ins.addresses) as crm:
            document = {"name": "Dana", "email": EMAIL, "role": "admin"}
            user = await crm.records.create("user", document, actor=ADMIN)
            async with stand_ins.running(crm) as names:
                assert names == ["telephony"]
                account = (await crm.channel_accounts.get("demo-asterisk")).row["id"]
                async with listening(crm, account):

                    async def both() -> bool:
                        return await TelephonyCall.count().where(TelephonyCall.stage == "ended") == 2

                    await until(both)
                await crm.worker.drain()
                rows = await TelephonyCall.select().order_by(TelephonyCall.call_sid)
                assert [(row["outcome"], row["recording_state"]) for row in rows] == [
                    ("missed", "none"),
                    ("answered", "kept"),
                ]
                assert all("(demo)" in contact["name"] for contact in await all_of(crm, "contact"))
                assert pops.shown[0].users == (user.id,)
                assert len(await all_of(crm, "task")) == 1
