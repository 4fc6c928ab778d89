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
TAG, GROUP = "tag:", "interest:"
"""What a tag is called among fields of a contact, and a group among those of a member."""
INTEREST = "^[0-9A-Za-z]{1,40}$"
MOST_GROUPS = 60  # as many as an audience may have
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


class GroupRule(Struct, frozen=True, kw_only=True):
    """A group of the audience (an interest) that is a tag of contacts here."""

    interest: Annotated[str, Meta(pattern=INTEREST)]
    tag: Annotated[str, Meta(min_length=1, max_length=60)]
    rule: Rule = "crm"

    def as_field(self) -> FieldRule:
        """Return it as a line of the mapping: being in the group is the value ``yes``, not being in it none."""
        return FieldRule(
            field=f"{TAG}{self.tag}", merge=f"{GROUP}{self.interest}", rule=self.rule, type="group"
        )


async def mapping_of(account: UUID, plugin: PluginContext) -> tuple[FieldRule, ...]:
    """Return all that travels between contacts and members: the mapped fields, and the mapped groups."""
    groups = await groups_mapped(account, plugin)
    return (*await fields_mapped(account, plugin), *(rule.as_field() for rule in groups))


async def groups_mapped(account: UUID, plugin: PluginContext) -> tuple[GroupRule, ...]:
    """Return which groups of the audience are which tags."""
    kept = await plugin.store.get(f"groups:{account}")
    return tuple(msgspec.convert(kept or [], list[GroupRule]))


async def keep_groups(account: UUID, rules: Sequence[GroupRule], plugin: PluginContext) -> None:
    """Keep ``rules`` as the account's groups."""
    await plugin.store.set(f"groups:{account}", msgspec.to_builtins(list(rules)))


async def fields_mapped(account: UUID, plugin: PluginContext) -> tuple[FieldRule, ...]:
    """Return the account's mapped fields, the usual ones as long as nobody has changed them."""
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
