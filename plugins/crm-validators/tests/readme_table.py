"""The table of formats in the README, made from the validators: ``python tests/readme_table.py`` writes it."""

from pathlib import Path
from typing import Any

from crm_validators.plugin import register_validators

from crmcore import Validator, text_of

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- formats: made by tests/readme_table.py -->\n", "<!-- /formats -->\n"
HEAD = "| format | what it takes | for example, stored as | not | options |\n|---|---|---|---|---|\n"
MANY = 6


def table() -> str:
    """Return the Markdown table, a row a validator."""
    return HEAD + "".join(_row(validator) for validator in register_validators())


def readme() -> str:
    """Return the README with the table in its place."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


def _row(validator: Validator) -> str:
    stored = [(example, validator.check(example, {})) for example in validator.examples[:2]]
    examples = "<br>".join(
        _code(example) if example == kept else f"{_code(example)} → {_code(kept)}" for example, kept in stored
    )
    refused = "<br>".join(_code(example) for example in validator.counter_examples[:2])
    options = "<br>".join(
        f"`{name}`: {_choices(option)}"
        for name, option in validator.options_schema.get("properties", {}).items()
    )
    takes = f"**{text_of(validator.label)}.** {text_of(validator.description)}"
    return f"| `{validator.key}` | {takes} | {examples} | {refused or '–'} | {options or '–'} |\n"


def _code(text: str) -> str:
    shown = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    return f"`{shown}`" if shown else "nothing"


def _choices(option: dict[str, Any]) -> str:
    words = option["title"]
    choices = option.get("enum")
    if choices is None:
        return f"{words} ({option['type']})"
    if len(choices) > MANY:
        return f"{words} (one of {len(choices)}, `{choices[0]}` to `{choices[-1]}`)"
    return f"{words} ({', '.join(f'`{choice}`' for choice in choices)})"


if __name__ == "__main__":
    README.write_text(readme(), encoding="utf-8")
