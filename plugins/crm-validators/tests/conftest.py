"""What the tests share."""

from typing import Any

import pytest
from crm_validators.plugin import register_validators
from official_vectors import Stored

from crmcore import InvalidValue


@pytest.fixture
def stored() -> Stored:
    """Run a validator; every stored form is checked to pass unchanged, every refusal to be a sentence."""
    validators = {validator.key: validator for validator in register_validators()}

    def run(key: str, value: str, **options: Any) -> str | None:
        check = validators[key].check
        try:
            result = check(value, options)
        except InvalidValue as refusal:
            for language in ("en", "ru"):
                sentence = refusal.problem().sentence(language)
                assert sentence.endswith(".")
                assert "{" not in sentence
            return None
        assert check(result, options) == result, "the stored form must pass unchanged"
        assert check(result, {}) == result, "and without the field's options, as a schema's format does"
        return result

    return run
