"""Try a plugin by the rules of the quality scale; no pytest is needed."""

import asyncio
import traceback
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

from msgspec import Struct

from crmcore.contracts.labels import text_of
from crmcore.plugins.failures import StartRefused
from crmcore.testing.bench import Bench
from crmcore.testing.loop_watch import LoopWatch
from crmcore.testing.no_network import no_network
from crmcore.testing.rule import LEVELS, Broken, Finding, Nothing, Rule, State, Unshown
from crmcore.testing.rules.everything import rules_of
from crmcore.testing.samples import Samples, samples_of
from crmcore.testing.workspaces import Databases

LONGEST_RULE_S = 60.0
CONTRIBUTED = {
    "channel": "channels",
    "connection": "connections",
    "action": "actions",
    "page": "pages",
    "field_type": "field_types",
    "validator": "validators",
    "panel": "panels",
    "tables": "tables",
    "job": "jobs",
    "personal_data": "personal_data",
}
"""Where what the rules of a kind are about is registered; without it they do not apply."""
ABOUT_ABSENCE = frozenset({"personal_data.is_registered"})


class Report(Struct, frozen=True, kw_only=True):
    """What came of a plugin on ``sqlite`` or ``postgres``: its level (empty below bronze), and rule by rule."""

    plugin: str
    database: str
    level: str
    findings: tuple[Finding, ...]

    def of(self, rule: str) -> Finding | None:
        """Return what was found of one rule."""
        return next((finding for finding in self.findings if finding.rule == rule), None)

    def left(self) -> list[Finding]:
        """Return what keeps it from the next level, bronze first."""
        open_ = [finding for finding in self.findings if finding.state in ("broken", "unshown")]
        return sorted(open_, key=lambda finding: LEVELS.index(finding.level))


def try_plugin(
    point: EntryPoint,
    databases: Databases,
    folder: Path,
    *,
    samples: Samples | None = None,
    rules: Sequence[str] = (),
) -> Report:
    """Try the plugin behind ``point`` by all ``rules``, or those named; ``samples`` stand in for its own.

    Nothing leaves the machine meanwhile. A rule's failure is a finding, never an exception.
    """
    with no_network():
        wanted = [rule for rule in rules_of() if not rules or rule.key in rules]
        return asyncio.run(_tried(point, databases, folder, samples, wanted))


async def _tried(
    point: EntryPoint, databases: Databases, folder: Path, samples: Samples | None, wanted: Sequence[Rule]
) -> Report:
    try:
        bench = Bench(point, samples_of(point) if samples is None else samples, databases, folder)
        async with bench.shared(), LoopWatch(bench.folder_of_code()) as watch:
            findings = []
            for rule in wanted:
                bench.stalls = watch.places()
                findings.append(await _found(rule, bench))
    except StartRefused as refused:
        reasons = " ".join(text_of(state.reason) for state in refused.states)
        findings = [_finding(wanted[0], "broken", f"It does not load: {reasons}", refused.states[0].error)]
    except Exception as error:
        findings = [_finding(wanted[0], "broken", f"It cannot be tried: {error!r}", traceback.format_exc())]
    return Report(
        plugin=point.name, database=databases.kind, level=_level(findings), findings=tuple(findings)
    )


async def _found(rule: Rule, bench: Bench) -> Finding:
    try:
        if rule.kind in CONTRIBUTED and rule.key not in ABOUT_ABSENCE:
            bench.items(CONTRIBUTED[rule.kind])
        await asyncio.wait_for(rule.check(bench), LONGEST_RULE_S)
    except Nothing:
        return _finding(rule, "nothing")
    except Unshown as unshown:
        return _finding(rule, "unshown", str(unshown))
    except Broken as broken:
        return _finding(rule, "broken", str(broken), traceback.format_exc() if broken.__cause__ else "")
    except TimeoutError:
        return _finding(
            rule, "broken", f"It hangs: no end within {LONGEST_RULE_S:.0f} s.", traceback.format_exc()
        )
    except Exception as error:
        return _finding(rule, "broken", f"It raises {error!r}.", traceback.format_exc())
    return _finding(rule, "kept")


def _finding(rule: Rule, state: State, sentence: str = "", trace: str = "") -> Finding:
    return Finding(
        rule=rule.key, level=rule.level, asks=rule.asks, state=state, sentence=sentence, traceback=trace
    )


def _level(findings: Sequence[Finding]) -> str:
    reached = ""
    for level in LEVELS:
        if any(finding.state in ("broken", "unshown") for finding in findings if finding.level == level):
            return reached
        reached = level
    return reached
