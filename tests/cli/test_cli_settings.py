"""Settings that cannot be used are told with who said them and what is possible."""

import pytest
from crmcore_shell import Shell


@pytest.mark.parametrize(
    ("variable", "value", "possible"),
    [
        ("CRMCORE_LANGUAGE", "de", "en or ru"),
        ("CRMCORE_DEFAULT_COUNTRY", "UK", "two capital letters"),
        ("CRMCORE_STRICT", "perhaps", "true or false"),
        ("CRMCORE_NAME", "long" * 20, "at most 60 characters"),
    ],
)
def test_a_variable_is_named_with_its_possible_values(
    shell: Shell, variable: str, value: str, possible: str
) -> None:
    shell.variables = {variable: value}
    sentence = shell.refused("doctor")

    assert sentence.startswith(f"{variable} must be ") and possible in sentence and value in sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('langage = "en"', "crm.toml: “langage” is not a setting. Did you mean “language”?"),
        ("zzz = 1", "crm.toml: “zzz” is not a setting. There are data_dir, database_url, "),
        ('language = "de"', "crm.toml: language must be en or ru, not “de”."),
        ('plugins = "shopify"', "crm.toml: plugins must be a list of names, not “shopify”."),
        ("secret_key = 12345", "crm.toml: secret_key must be a text."),
        ("language = ", "The settings file crm.toml is not valid TOML: "),
    ],
)
def test_a_file_is_named_with_the_setting(shell: Shell, text: str, sentence: str) -> None:
    (shell.folder / "crm.toml").write_text(f"{text}\n", encoding="utf-8")

    assert shell.refused("--settings", "crm.toml", "doctor").startswith(sentence)


def test_a_file_that_cannot_be_read_is_told_in_a_sentence(shell: Shell) -> None:
    (shell.folder / "latin.toml").write_bytes('name = "Café"\n'.encode("latin-1"))

    assert shell.refused("--settings", "nowhere.toml", "doctor") == (
        "The settings file nowhere.toml does not exist."
    )
    assert "not a text in UTF-8" in shell.refused("--settings", "latin.toml", "doctor")
    assert "cannot be read" in shell.refused("--settings", ".", "doctor")
