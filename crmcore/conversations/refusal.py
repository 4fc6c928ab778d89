"""A part of what arrived is refused by the gate."""

from crmcore.errors import Invalid


class Refusal(Exception):
    """The transaction is rolled back and tried again without ``part``: contact, conversation or task."""

    def __init__(self, part: str, invalid: Invalid) -> None:
        super().__init__(part, invalid.code)
        self.part = part
        self.invalid = invalid
