"""Services that plugins stand in for while the demo serves."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from crmcore.contracts.actors import system_actor
from crmcore.demo.standins import GROUP, StandInPlace, StandIns
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

ADMIN = system_actor("test")


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"demo"})


@asynccontextmanager
async def stand_in(place: StandInPlace) -> AsyncIterator[None]:
    """Serve, and set an account up twice, as every start of the demo does."""
    for secret in (None, "first", None):
        await place.account("chat", "Demo chat", {"secret": secret, "mode": "ok"})
    assert any(customer.email for customer in place.customers)
    async with place.serving(hello):
        yield


def broken(place: StandInPlace) -> AbstractAsyncContextManager[None]:
    raise ValueError("no")


async def test_only_the_stand_ins_of_loaded_plugins_run_and_only_they_are_reached(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    points = [
        EntryPoint("chat", f"{__name__}:stand_in", GROUP),
        EntryPoint("away", f"{__name__}:stand_in", GROUP),
        EntryPoint("loyalty", f"{__name__}:broken", GROUP),
    ]
    plugins = [EntryPoint(name, f"{name}_plugin", "crmcore") for name in ("chat", "loyalty")]
    with closing(StandIns(points)) as stand_ins:
        settings = WorkspaceSettings(data_dir=str(tmp_path), outgoing_hosts=stand_ins.addresses)
        crm = Crm.build(settings, entry_points=plugins)
        await crm.start()
        try:
            with crm.bound():
                async with stand_ins.running(crm) as names:
                    chat = dict(zip(("away", "chat", "loyalty"), stand_ins.addresses, strict=True))["chat"]
                    answer = await crm.http_client.request("GET", f"http://{chat}/")
                    assert (names, answer.status, answer.body) == (["chat"], 200, b"demo")
                    (account,) = await crm.channel_accounts.list(actor=ADMIN)
                    assert account["slug"] == "demo-chat"
        finally:
            await crm.stop()
    assert "the stand-in of loyalty did not start" in caplog.text
