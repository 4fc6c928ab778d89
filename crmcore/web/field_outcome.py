"""What the form of a custom field says about stored values that its new rule refuses."""

from typing import Any, cast

import msgspec
from msgspec import Struct

from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid
from crmcore.records.definition import Definition
from crmcore.records.field_life import Outcome
from crmcore.web.form import Form

_OUTCOMES = ("grandfather", "reject", "map")
_MOST_LINES = 500
_NO_LINE = {
    "en": "This line is not “old value = new value”: {line}",
    "ru": "Эта строка не вида «старое значение = новое значение»: {line}",
}


class Chosen(Struct, frozen=True, kw_only=True):
    """The choice, and the replacements as they were typed: ``old = new`` a line, nothing after = takes it away."""

    outcome: Outcome = "grandfather"
    lines: str = ""

    @classmethod
    def of(cls, sent: Form) -> "Chosen":
        """Return what was sent; the values stay when nothing was chosen."""
        outcome = sent.get("outcome")
        return cls(
            outcome=cast("Outcome", outcome if outcome in _OUTCOMES else "grandfather"),
            lines=sent.get("map")[:20_000],
        )

    def mapping(self, definition: Definition) -> dict[str, Any] | None:
        """Return what replaces which value, None when values are not replaced; raises Invalid for a bad line."""
        if self.outcome != "map":
            return None
        found: dict[str, Any] = {}
        for line in [line for line in self.lines.splitlines() if line.strip()][:_MOST_LINES]:
            old, equals, new = line.partition(" = ") if " = " in line else line.partition("=")
            if not equals or not old.strip():
                problem = Problem(
                    path="/map", code="not_a_line", message=_NO_LINE, params={"line": line[:80]}
                )
                raise Invalid(problems=(problem,))
            found[old.strip()] = _value(new.strip(), definition)
        return found


def _value(text: str, definition: Definition) -> Any:
    if not text:
        return None
    if definition.schema.get("type") in ("number", "integer", "boolean"):
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text
    return text
