"""Record what a live PBX tells of each scene: ``CRMCORE_LIVE_AMI=… python tests/live/record.py FOLDER [SCENE…]``.

The files are what the replay tests read: everything that a user with all rights hears, from the greeting on, without
the sign-in.
"""

import asyncio
import gzip
import sys
from pathlib import Path

from pbx import Tap, tidied
from scenes import SCENES, phones


async def record(folder: Path, names: list[str]) -> None:
    """Write a file for each scene."""
    async with phones() as plugged:
        for name in names:
            async with Tap() as tap:
                await tap.quiet()
                tap.data.clear()
                await asyncio.wait_for(SCENES[name](plugged), 60)
                await tidied(plugged)
                await tap.quiet()
            file = folder / f"ami-22.10.1-{name}.txt.gz"
            file.write_bytes(gzip.compress(tap.greeting + b"\r\n" + tap.data, mtime=0))
            print(f"{name}: {len(tap.data)} bytes, {file.stat().st_size} in the file")


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(exist_ok=True)
    asyncio.run(record(Path(sys.argv[1]), sys.argv[2:] or list(SCENES)))
