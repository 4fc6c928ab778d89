"""An import whose process is killed: nothing is lost, nothing comes twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.contracts.actors import system_actor
from crmcore.workspace import Crm

ADMIN = system_actor("test")
ROWS = 400


async def test_a_killed_import_goes_on_where_it_was(crm: Crm, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    lines = [f"Ann,a{number}@x.example,Blue {number % 7}" for number in range(ROWS)]
    file.write_text("\n".join(["Name,Email,Company", *lines]), encoding="utf-8")
    line = killed_after_a_line(crm, file, database_url)
    assert line.startswith("Importing contacts: "), line

    [run] = await crm.imports.newest(actor=ADMIN)
    assert run.state == "running" and 0 < run.done < ROWS
    # On PostgreSQL a killed client's transaction may end a moment later; on both, rows and position go together.
    assert await Contact.count() == run.created == run.done
    await crm.imports.resume(run.id, actor=ADMIN)
    await crm.worker.drain()
    run = await crm.imports.get(run.id, actor=ADMIN)
    assert (run.state, run.created, run.skipped, run.refused) == ("done", ROWS, 0, 0)
    assert await Contact.count() == ROWS
    addresses = await ContactPoint.select(ContactPoint.normalized).output(as_list=True)
    assert sorted(addresses) == sorted(f"a{number}@x.example" for number in range(ROWS))


def killed_after_a_line(crm: Crm, file: Path, database_url: str) -> str:
    """Import ``file`` in a process of its own, kill it when it tells how far it is, and return what it said."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CRMCORE_")},
        "CRMCORE_DATA": str(crm.settings.data_path),
        "CRMCORE_DATABASE_URL": database_url,
    }
    command = [sys.executable, "-m", "crmcore.cli", "import", "contacts", str(file), "--no-plugins"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    return line
