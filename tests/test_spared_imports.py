"""What a server process does without: modules that others import for what it never does."""

import subprocess
import sys

ASK = """
import sys
import crmcore.http.app, crmcore.workspace, crmcore.database.core_app, crmcore.web.routes
from crmcore.cli.serving import server_of
server_of(None)
spared = {"black", "rich", "pydantic", "xlsxwriter", "asyncpg", "yaml", "pdb", "watchfiles", "rapidfuzz", "nh3"}
print(sorted(spared & sys.modules.keys()))
import black, rich
from piccolo.conf import apps
print(apps.black.format_str("a = ( 1 )", mode=apps.black.FileMode()).strip(), black.__version__ > "", rich.__name__)
"""


def test_they_are_not_loaded_and_are_there_when_used() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, timeout=120
    )  # our own text
    assert asked.stdout.splitlines() == ["[]", "a = 1 True rich"], asked.stderr
