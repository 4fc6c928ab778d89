"""The mapping: which field here is which merge field there, and who is right when both changed."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from crmcore import PluginContext

Rule = Literal["crm", "mailchimp", "newest", "push", "pull"]
"""``crm``, ``mailchimp``, ``newest``: both ways, and when both sides changed this one, that one or the later one is
right. ``push``: only to Mailchimp. ``pull``: only from there."""

CONTACT_FIELDS = (
    "first_name",
    "last_name",
    "phone",
    "company",
    "job_title",
    "language",
    "time_zone",
    "gender",
)
"""Fields of a contact that can be mapped; ``phone`` is the first number. Custom fields are ``custom.KEY``."""

FIELD = r"^(" + "|".join(CONTACT_FIELDS) + r"|custom\.[a-z][a-z0-9_]{0,59})$"
MOST = 30  # a Mailchimp audience has at most 30 merge fields on its smaller plans, 80 on the largest


class FieldRule(Struct, frozen=True, kw_only=True):
    """One line of the mapping: the contact's ``field``, the audience's ``merge`` tag, and the rule for conflicts."""

    field: Annotated[str, Meta(pattern=FIELD, max_length=70)]
    merge: Annotated[str, Meta(pattern="^[A-Z0-9_]{1,20}$")]
    rule: Rule = "crm"
    type: Annotated[str, Meta(max_length=40)] = "text"

    @property
    def goes_out(self) -> bool:
        """Tell whether values from here may be written there."""
        return self.rule != "pull"

    @property
    def comes_in(self) -> bool:
        """Tell whether values from there may be written here."""
        return self.rule != "push"


USUAL = (
    FieldRule(field="first_name", merge="FNAME"),
    FieldRule(field="last_name", merge="LNAME"),
)
"""What every new audience of Mailchimp's has."""


async def mapping_of(account: UUID, plugin: PluginContext) -> tuple[FieldRule, ...]:
    """Return the account's mapping, the usual one as long as nobody has changed it."""
    kept = await plugin.store.get(_key(account))
    return USUAL if kept is None else tuple(msgspec.convert(kept, list[FieldRule]))


async def keep_mapping(account: UUID, rules: Sequence[FieldRule], plugin: PluginContext) -> None:
    """Keep ``rules`` as the account's mapping."""
    await plugin.store.set(_key(account), msgspec.to_builtins(list(rules)))


def with_rule(rules: Sequence[FieldRule], new: FieldRule) -> tuple[FieldRule, ...]:
    """Return ``rules`` with ``new`` in the place of whatever its merge field or its field was mapped to before."""
    others = [rule for rule in rules if rule.merge != new.merge and rule.field != new.field]
    return (*others, new)


def _key(account: UUID) -> str:
    return f"mapping:{account}"
