"""A served workspace, a Chromium, and the figures that the tests have measured."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

from browsers import CHROMIUM, FLAGS, People
from figures import FULL, gathered, lines
from served import served

NO_BROWSER = "SKIPPED the web interface in a browser: install chromium and playwright"


def _can_browse() -> bool:
    try:
        import playwright  # noqa: F401
    except ModuleNotFoundError:
        return False
    return bool(CHROMIUM)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs a browser where there is none, and what is for the full form alone."""
    here = Path(__file__).parent
    for item in items:
        if here not in item.path.parents:
            continue
        if "browser" in getattr(item, "fixturenames", ()) and not _can_browse():
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
        if (item.get_closest_marker("full") or item.get_closest_marker("quiet")) and not FULL:
            item.add_marker(pytest.mark.skip(reason="in the full form: CRMCORE_UI=full"))


def pytest_configure(config: pytest.Config) -> None:
    """Know the marks of what takes minutes, and of what must not be disturbed."""
    config.addinivalue_line("markers", "full: takes minutes; CRMCORE_UI=full")
    config.addinivalue_line("markers", "quiet: measures times, so it runs alone; CRMCORE_UI=full")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print every budget with its figure; ``scripts/web_interface.py`` does it for all its parts together."""
    if not _can_browse():
        terminalreporter.write_line(NO_BROWSER, yellow=True)
    if os.environ.get("CRMCORE_UI_TOLD") == "later":
        return
    told = [
        told
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for told in report.user_properties
    ]
    for line in lines(*gathered(told)):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The address of a served workspace with one of everything, and what there is."""
    yield from served(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def people(browser: Any, known: dict[str, str]) -> People:
    """Pages of administrators and strangers."""
    return People(browser, known)


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where pictures are put."""
    folder = Path(os.environ.get("CRMCORE_UI_PICTURES", "build/ui"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
