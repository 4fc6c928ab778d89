"""Conformance suites: a test class that inherits one and names a plugin tries it by all rules of its kind.

``class TestLoyalty(PanelContract): plugin = "loyalty"`` is a whole test: one test for each rule, by name. All suites
of one plugin share one run of all rules.
"""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest

from crmcore.testing.rule import LEVELS, Level, Rule
from crmcore.testing.rules.everything import rules_of
from crmcore.testing.samples import Samples
from crmcore.testing.suite import Report


class Contract:
    """What the suites share. ``plugin`` is a name, a file, a module or an entry point.

    ``samples`` stand in for what the plugin brings in its module ``samples``. ``level`` is how far it has to come:
    rules above it are left out.
    """

    plugin: ClassVar[str | Path | EntryPoint | Any] = ""
    samples: ClassVar[Samples | None] = None
    level: ClassVar[Level] = "gold"
    kind: ClassVar[str] = ""

    @classmethod
    def crmcore_rules(cls) -> list[Rule]:
        """Return the rules that the suite tries."""
        if not cls.plugin:
            return []
        wanted = LEVELS[: LEVELS.index(cls.level) + 1]
        return [rule for rule in rules_of(cls.kind) if rule.level in wanted]

    def test_rule(self, crmcore_rule: Rule, crmcore_report: Callable[..., Report]) -> None:
        """Fail with what to do."""
        report = crmcore_report(self.plugin, self.samples)
        finding = report.of(crmcore_rule.key)
        if finding is None:
            # It could not even be loaded; the first finding says why.
            finding = report.findings[0]
        if finding.state in ("broken", "unshown"):
            pytest.fail(f"{finding.asks}\n{finding.sentence}\n{finding.traceback}".rstrip(), pytrace=False)


class PluginContract(Contract):
    """What holds for every plugin."""

    kind = "plugin"


class ChannelContract(Contract):
    """Channels."""

    kind = "channel"


class ConnectionContract(Contract):
    """Connections."""

    kind = "connection"


class ActionContract(Contract):
    """Actions."""

    kind = "action"


class PageContract(Contract):
    """Pages."""

    kind = "page"


class FieldTypeContract(Contract):
    """Field types."""

    kind = "field_type"


class ValidatorContract(Contract):
    """Validators."""

    kind = "validator"


class PanelContract(Contract):
    """Panels."""

    kind = "panel"


class TablesContract(Contract):
    """Tables and their migrations."""

    kind = "tables"


class JobContract(Contract):
    """Jobs."""

    kind = "job"


class PersonalDataContract(Contract):
    """Personal data."""

    kind = "personal_data"
