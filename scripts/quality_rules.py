"""Write the rules of the quality scale into docs/quality.md; a test holds the page against this."""

import re
from pathlib import Path

from crmcore.testing.rule import LEVELS
from crmcore.testing.rules.everything import rules_of

PAGE = Path(__file__).parents[1] / "docs" / "quality.md"
TITLES = {
    "plugin": "Every plugin",
    "channel": "Channels",
    "connection": "Connections",
    "field_type": "Field types",
    "validator": "Validators",
    "panel": "Panels",
    "action": "Actions",
    "page": "Pages",
    "tables": "Tables",
    "job": "Jobs",
    "personal_data": "Personal data",
}
PLACE = re.compile(r"<!-- rules -->\n.*<!-- /rules -->\n", re.DOTALL)


def tables() -> str:
    """Return a table for each kind, bronze first."""
    parts = ["<!-- rules -->"]
    for kind, title in TITLES.items():
        parts += [f"## {title}", "", "| rule | level | what it asks |", "|---|---|---|"]
        for rule in sorted(rules_of(kind), key=lambda rule: LEVELS.index(rule.level)):
            parts.append(f"| `{rule.key}` | {rule.level} | {rule.asks} |")
        parts.append("")
    return "\n".join([*parts, "<!-- /rules -->\n"])


def page() -> str:
    """Return the page with the rules as they are."""
    return PLACE.sub(lambda _: tables(), PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
