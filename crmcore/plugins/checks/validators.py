"""Try a validator on its own examples."""

from crmcore.contracts.problems import InvalidValue
from crmcore.contracts.validators import Validator
from crmcore.plugins import reasons
from crmcore.plugins.failures import LoadProblem


def check_validator(validator: Validator) -> None:
    """Raise :class:`LoadProblem` unless the examples pass and the counter-examples fail.

    What an example was turned into must pass again, unchanged.
    """
    for example in validator.examples:
        stored = _checked(validator, example, example)
        again = _checked(validator, stored, example)
        if again != stored:
            raise LoadProblem(reasons.example_unstable(validator.key, stored, again))
    for example in validator.counter_examples:
        try:
            validator.check(example, {})
        except InvalidValue:
            continue
        except Exception as error:
            why = reasons.detail(error)
            raise LoadProblem(reasons.counter_example_crashed(validator.key, example, why)) from error
        raise LoadProblem(reasons.counter_example_accepted(validator.key, example))


def _checked(validator: Validator, value: str, example: str) -> str:
    try:
        stored: object = validator.check(value, {})
    except InvalidValue as error:
        raise LoadProblem(reasons.example_refused(validator.key, example, str(error))) from error
    except Exception as error:
        raise LoadProblem(reasons.example_refused(validator.key, example, reasons.detail(error))) from error
    if not isinstance(stored, str):
        raise LoadProblem(reasons.not_text(validator.key, type(stored).__name__))
    return stored
