"""The demo's audience over real HTTP: connected, read, and its mailings beside a customer."""

from contextlib import closing
from importlib.metadata import EntryPoint

from crm_mailchimp.page import load_page
from crm_mailchimp.sync_state import state_of_sync
from crm_mailchimp.timeline import load_timeline
from mailchimp_workspace import ADMIN

from crmcore import PageRequest, Subject
from crmcore.demo.standins import GROUP, StandIns
from crmcore.demo.story import customers
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm


async def test_a_mailings_activity_stands_beside_a_customer_of_the_demo(
    sqlite_url: str, tmp_path: object
) -> None:
    points = [EntryPoint("mailchimp", "crm_mailchimp.standin.demo:stand_in", GROUP)]
    plugins = [EntryPoint("mailchimp", "crm_mailchimp.plugin", "crmcore")]
    with closing(StandIns(points)) as stand_ins:
        settings = WorkspaceSettings(
            data_dir=f"{tmp_path}/data",
            database_url=sqlite_url,
            strict=True,
            outgoing_hosts=stand_ins.addresses,
        )
        crm = Crm.build(settings, entry_points=plugins)
        await crm.start()
        try:
            with crm.bound():
                known = customers()[0]
                document = {"emails": [known.email]}
                ann = (await crm.records.create("contact", document, actor=ADMIN)).id
                fresh = {"emails": ["fresh@example.com"], "custom": {"mailchimp_opt_in": True}}
                new = (await crm.records.create("contact", fresh, actor=ADMIN)).id
                await crm.worker.drain()
                async with stand_ins.running(crm) as names:
                    assert names == ["mailchimp"]
                    plugin = crm.host.context("mailchimp")
                    (account,) = await plugin.connections.list("audience")
                    await crm.worker.drain()
                    state = await state_of_sync(account.id, plugin)
                    assert state is not None and state.phase == "done" and state.pushed == 1
                    assert state.read == len(customers())
                    statuses = []
                    for id in (ann, new):
                        found = (await crm.records.get("contact", id, actor=ADMIN)).document
                        statuses.append(found["custom"]["mailchimp_status"])
                    assert statuses == ["subscribed", "subscribed"]
                    subject = Subject(record_type="contact", id=ann, document=found, contact={"id": ann})
                    # Nobody has opened it before: the mailings were read by themselves.
                    entries = await load_timeline(subject, None, 20, plugin)
                    assert {"Mailing sent"} <= {entry.title for entry in entries}
                    page = await load_page(PageRequest(actor=ADMIN), plugin)
                    assert "Demo: this audience" in repr(page.blocks[0])
        finally:
            await crm.stop()
