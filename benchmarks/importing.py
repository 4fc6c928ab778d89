"""``python -m benchmarks.importing --rows N``: rows a second and memory of an import, at several points of it.

Makes a CSV (or, with ``--xlsx``, a workbook) of N different people with companies, phones and tags, imports it into
an empty workspace, and exports it again.
"""

import argparse
import asyncio
import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from crmcore.contracts.actors import system_actor
from crmcore.exporting.service import ExportSettings
from crmcore.importing.run import ImportSettings
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

HEADER = ["First name", "Last name", "E-mail", "Phone", "Company", "Tags", "Notes"]
POINTS = 10


def people(rows: int) -> Iterator[list[str]]:
    """Yield the rows of the file, the same for the same number."""
    chance = random.Random(1)
    for number in range(rows):
        company = f"Company {chance.randrange(max(1, rows // 20))}"
        tag = chance.choice(["vip", "new", "lead", ""])
        first, last = f"Anna{chance.randrange(5000)}", f"Petrova{chance.randrange(50_000)}"
        yield [first, last, f"p{number}@example.com", f"+7999{number:07}", company, tag, f"Note {number}"]


def write_csv(file: Path, rows: int) -> None:
    """Write the people as CSV."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        writer.writerows(people(rows))


def write_xlsx(file: Path, rows: int) -> None:
    """Write the people as XLSX with shared strings, as Excel does."""
    from xlsxwriter.workbook import Workbook

    with Workbook(str(file), {"strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEADER, *people(rows)]):
            sheet.write_row(number, 0, row)


def memory_mb() -> float:
    """Return the memory of this process now, in MB (Linux)."""
    with Path("/proc/self/statm").open(encoding="ascii") as stat:
        return int(stat.read().split()[1]) * resource.getpagesize() / 1e6


class Points:
    """Prints rows a second and memory at every tenth of the way; CPU time tells more on a machine that is shared."""

    def __init__(self, what: str, rows: int) -> None:
        self.what = what
        self.step = max(1, rows // POINTS)
        self.next = self.step
        self.began = self.at = time.monotonic()
        self.cpu = time.process_time()
        self.done = 0

    def __call__(self, done: int, total: int) -> None:
        """Take note of how far it is."""
        if done < self.next:
            return
        now = time.monotonic()
        rate = (done - self.done) / max(now - self.at, 1e-9)
        per_cpu = done / max(time.process_time() - self.cpu, 1e-9)
        rates = f"{rate:>7,.0f} rows/s  {per_cpu:>7,.0f} rows/CPU s"
        print(f"{self.what:8} {done:>9,} rows  {rates}  {memory_mb():>6.0f} MB", flush=True)
        self.at, self.done = now, done
        self.next = done + self.step

    def end(self) -> None:
        """Print the average."""
        seconds, cpu = time.monotonic() - self.began, time.process_time() - self.cpu
        rates = f"{self.done / seconds:,.0f} rows/s, {self.done / cpu:,.0f} rows/CPU s"
        print(f"{self.what:8} on average {rates}, {seconds:,.0f} s", flush=True)


async def measure(folder: Path, file: Path, rows: int, url: str, dry_run: bool) -> None:
    """Import ``file`` and export the contacts."""
    crm = Crm.build(WorkspaceSettings(data_dir=str(folder / "data"), database_url=url), entry_points=[])
    await crm.start()
    actor = system_actor("benchmark")
    print(f"{'start':8} {'':14}  {'':14}  {memory_mb():>6.0f} MB")
    try:
        with crm.bound():
            points = Points("import", rows)
            settings = ImportSettings(dry_run=dry_run)
            run = await crm.imports.file("contact", file, settings, actor=actor, progress=points)
            points.end()
            print(f"{run.created:,} created, {run.skipped:,} skipped, {run.refused:,} refused")
            points = Points("export", rows)
            export = await crm.exports.prepare("contact", ExportSettings(), actor=actor, progress=points)
            size = 0
            async for piece in export.pieces:
                size += len(piece)
            points.end()
    finally:
        await crm.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:,.0f} MB")


def main() -> int:
    """Make the file and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importing", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--xlsx", action="store_true", help="a workbook instead of CSV")
    parser.add_argument("--dry-run", action="store_true", help="only check")
    parser.add_argument("--database", default="", help="the URL of an empty database; default: SQLite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crmcore-import-") as name:
        file = Path(name) / ("people.xlsx" if options.xlsx else "people.csv")
        # In a process of its own, or making the file would count as memory of the import.
        making = "write_xlsx" if options.xlsx else "write_csv"
        call = f"{making}(Path({str(file)!r}), {options.rows})"
        code = f"from pathlib import Path; from benchmarks.importing import {making}; {call}"
        subprocess.run([sys.executable, "-c", code], check=True)
        asyncio.run(measure(Path(name), file, options.rows, options.database, options.dry_run))
    return 0


if __name__ == "__main__":
    sys.exit(main())
