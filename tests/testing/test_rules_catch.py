"""Every rule of the quality scale catches a plugin that breaks it, and says what to do."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import broken_actions
import broken_channels
import broken_connections
import broken_field_types
import broken_jobs
import broken_pages
import broken_panels
import broken_personal_data
import broken_plugins
import broken_tables
import broken_validators
import pytest
from spoiling import Broken, panel

from crmcore import PanelContent
from crmcore.testing.rules.everything import ALL

Try = Callable[..., Any]
BROKEN: list[Broken] = [
    *broken_plugins.BROKEN,
    *broken_channels.BROKEN,
    *broken_connections.BROKEN,
    *broken_field_types.BROKEN,
    *broken_validators.BROKEN,
    *broken_panels.BROKEN,
    *broken_actions.BROKEN,
    *broken_pages.BROKEN,
    *broken_tables.BROKEN,
    *broken_jobs.BROKEN,
    *broken_personal_data.BROKEN,
]


@pytest.fixture
def spoilt(request: pytest.FixtureRequest, kitten: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broken]:
    """A broken plugin, with its files in the good one's package as long as the test runs."""
    broken: Broken = request.param
    package = kitten / "src" / "crm_kitten"
    before = {name: (package / name).read_bytes() for name in broken.taken}
    for name in broken.taken:
        (package / name).unlink()
    for name, text in broken.files.items():
        (package / name).write_text(text, encoding="utf-8")
    for name, value in broken.patched.items():
        monkeypatch.setattr(name, value)
    yield broken
    for name in broken.files:
        (package / name).unlink()
    for name, content in before.items():
        (package / name).write_bytes(content)


@pytest.mark.parametrize(
    "spoilt", BROKEN, ids=[f"{n}-{broken.rule}" for n, broken in enumerate(BROKEN)], indirect=True
)
def test_a_broken_plugin_is_caught_with_a_sentence_that_helps(spoilt: Broken, tried: Try) -> None:
    samples = spoilt.samples() if callable(spoilt.samples) else spoilt.samples
    report = tried(*spoilt.after, spoilt.rule, samples=samples, metadata=spoilt.metadata, **spoilt.spoil())
    finding = report.of(spoilt.rule)

    assert finding is not None and finding.state in ("broken", "unshown"), report.findings
    assert spoilt.said in finding.sentence, finding.sentence


def test_every_rule_is_shown_to_catch_something() -> None:
    assert {rule.key for rule in ALL} - {broken.rule for broken in BROKEN} == set()
    assert {broken.rule for broken in BROKEN} <= {rule.key for rule in ALL}


def test_a_plugin_that_hangs_is_told_and_the_others_go_on(kitten: Path, tried: Try) -> None:
    async def hangs(*_: Any) -> PanelContent:
        await asyncio.sleep(3600)
        return PanelContent()

    report = tried("panel.knows_nobody", "panel.keeps_its_bounds", **panel(hangs, timeout_s=0.1))

    assert "takes longer than its 0.1 s" in report.of("panel.knows_nobody").sentence
    assert report.of("panel.keeps_its_bounds").state == "kept"
