"""All rules, in the order in which they are tried."""

from crmcore.testing.rule import Rule
from crmcore.testing.rules import (
    actions,
    channels,
    connections,
    field_types,
    jobs,
    pages,
    panels,
    personal_data,
    plugin,
    tables,
    validators,
)

ALL: tuple[Rule, ...] = (
    *plugin.RULES,
    *channels.RULES,
    *connections.RULES,
    *field_types.RULES,
    *validators.RULES,
    *panels.RULES,
    *actions.RULES,
    *pages.RULES,
    *tables.RULES,
    *jobs.RULES,
    *personal_data.RULES,
    *plugin.LAST_RULES,
)


def rules_of(*kinds: str) -> tuple[Rule, ...]:
    """Return the rules of these kinds; without any, all."""
    return tuple(rule for rule in ALL if not kinds or rule.kind in kinds)
