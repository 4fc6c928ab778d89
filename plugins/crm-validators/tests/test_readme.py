"""What the README says of every format is so."""

from readme_table import README, readme


def test_the_table_is_made_from_the_validators() -> None:
    assert README.read_text(encoding="utf-8") == readme(), "run python tests/readme_table.py"
