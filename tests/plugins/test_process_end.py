"""A plugin that hangs does not keep the process from ending."""

import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import asyncio, sys
from importlib.metadata import EntryPoint
from crmcore import hookimpl
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.host import PluginHost

class Core:
    @hookimpl
    def before_write(self): return None

points = [EntryPoint(name, f"animals.{value}", "crmcore") for name, value in
          (("sleepy", "hangs_at_import"), ("slow", "unruly:SyncHangs"))]
host = PluginHost(PluginChoice(), builtin=Core(), entry_points=points, load_timeout_s=0.2)
host.load()
results = asyncio.run(host.dispatch.collect("before_write", change=None))
print(host.plugins["sleepy"].state, [result.plugin for result in results if result.error])
"""


def test_a_process_with_hanging_plugins_ends_at_once_and_well() -> None:
    zoo = Path(__file__).parents[1] / "zoo"
    began = time.monotonic()

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=zoo, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.stdout == "failed ['slow']\n"
    assert done.returncode == 0
    # 0.2 s for the import, 2 s for the hook, the rest for Python itself.
    assert time.monotonic() - began < 12
