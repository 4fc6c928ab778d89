"""``python -m benchmarks.hosting``: what a sleeping workspace costs in a process that hosts many.

``--database postgres`` measures the same with a database of each on one PostgreSQL server, which is started from
local programs unless CRMCORE_TEST_POSTGRES names one.
"""

import argparse
import asyncio
import gc
import resource
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import httpx2

from crmcore.hosting.gateway import Gateway
from crmcore.hosting.host import Host
from crmcore.testing.postgres import find_server
from crmcore.testing.workspaces import Databases

PAGE = resource.getpagesize()


def main() -> None:
    """Wake every workspace once, let it sleep, wake some again, and print what it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hosting", description=__doc__)
    parser.add_argument("--workspaces", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crmcore-hosting-") as place, ExitStack() as stack:
        folder, urls = Path(place), [""] * options.workspaces
        if options.database == "postgres":
            server = find_server()
            stack.callback(server.stop)
            databases = Databases(folder, server)
            stack.callback(databases.close)
            urls = [databases.fresh() for _ in urls]
        asyncio.run(_measure(folder, urls, options.database))


async def _measure(folder: Path, urls: list[str], kind: str) -> None:
    count = len(urls)
    names = [f"w{number}" for number in range(count)]
    file = folder / "hosts.toml"
    with file.open("w", encoding="utf-8") as written:
        for name, url in zip(names, urls, strict=True):
            written.write(f'[workspaces.{name}]\nhosts = ["{name}.example.com"]\n')
            written.write(f'database_url = "{url}"\n' if url else "")
    host = Host(file)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(Gateway(host))) as client:

        async def ask(name: str) -> float:
            began = time.perf_counter()
            answer = await client.get("http://host/login", headers={"host": f"{name}.example.com"})
            if answer.status_code != 200:
                raise SystemExit(f"{name} answers {answer.status_code}: {answer.text}")
            taken = time.perf_counter() - began
            await host.tenants[name].sleep_when_idle(0, host.settings.round_s)
            return taken * 1000

        first = [await ask(names[0])]
        gc.collect()
        memory = _resident()
        first += [await ask(name) for name in names[1:]]
        gc.collect()
        each = (_resident() - memory) / max(1, count - 1) / 1e6
        for name in names:
            await ask(name)
        woke = sorted(host.tenants[name].woke_ms for name in names)
        worked = []
        for name in names:
            before = time.process_time()
            async with host.tenants[name].used():
                worked.append((time.process_time() - before) * 1000)
            await host.tenants[name].sleep_when_idle(0, host.settings.round_s)
        began = time.perf_counter()
        for name in names:
            await host.tenants[name].look(host.settings.round_s)
        look = (time.perf_counter() - began) * 1000 / count
    engine = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[kind]
    print(f"{count} workspaces with equal plugins in one process, {engine}, all asleep")
    print(f"  memory of a sleeping one      {each:6.2f} MB")
    print(f"  memory of the process         {_resident() / 1e6:6.0f} MB")
    print(f"  waking: median, nine in ten   {woke[count // 2]:6.1f} {woke[int(count * 0.9)]:6.1f} ms")
    print(f"  waking: longest               {woke[-1]:6.1f} ms")
    print(f"  waking: processor, median     {sorted(worked)[count // 2]:6.1f} ms of this process")
    first_told = "makes the database" if kind == "sqlite" else "the tables are there"
    print(f"  first request ever, median    {sorted(first[1:])[count // 2]:6.0f} ms ({first_told})")
    print(f"  looking after a sleeping one  {look:6.1f} ms every {host.settings.round_s:.0f} s")
    files = _open_files()
    print(f"  open files, asyncio tasks     {files:6} {len(asyncio.all_tasks()):6}")


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


if __name__ == "__main__":
    main()
