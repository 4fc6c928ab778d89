"""Plugins that keep every rule: new ones, and the examples. Those that are bundled have suites of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmcore.testing import ChannelContract
from crmcore.testing.contracts import Contract
from crmcore.testing.rules.everything import ALL, rules_of
from crmcore.testing.samples import Samples

EXAMPLES = Path(__file__).parents[2] / "examples"


class TestTelegram(ChannelContract):
    plugin = EXAMPLES / "telegram.py"


def test_a_new_plugin_with_everything_keeps_every_rule(tried: Callable[..., Any]) -> None:
    report = tried()

    # It is not installed here as a distribution; the five commands show that of one that is.
    about_pip = "pip install -e ."
    assert [finding for finding in report.left() if about_pip not in finding.sentence] == []
    assert sum(finding.state == "kept" for finding in report.findings) > 70


def test_a_configured_job_that_asks_nobody_outside_needs_no_answers(tried: Callable[..., Any]) -> None:
    samples = Samples(settings={"greeting": "Good day"}, payloads={"greet": {"contact": "{contact}"}})

    [finding] = tried("job.run_to_their_end", samples=samples).findings

    assert (finding.state, finding.sentence) == ("kept", "")


@pytest.mark.parametrize("name", ["loyalty", "telegram"])
def test_the_examples_are_gold_and_short(name: str, crmcore_report: Callable[..., Any]) -> None:
    file = EXAMPLES / f"{name}.py"
    report = crmcore_report(file)

    assert (report.level, report.left()) == ("gold", [])
    assert len(file.read_text(encoding="utf-8").splitlines()) < 60


def test_rules_have_sentences_and_names_of_their_own() -> None:
    assert len({rule.key for rule in ALL}) == len(ALL) > 80
    for rule in ALL:
        assert rule.asks.endswith(".") and len(rule.asks) >= 30, rule.key
    assert {contract.kind for contract in Contract.__subclasses__()} == {rule.kind for rule in ALL}
    assert all(len(rules_of(kind)) >= 5 for kind in {rule.kind for rule in ALL})
