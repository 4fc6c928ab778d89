"""Actions that say which groups of an audience are which tags."""

from uuid import UUID

from crm_mailchimp.audience import groups_of
from crm_mailchimp.forms import GroupForm
from crm_mailchimp.mapping import MOST_GROUPS, GroupRule, groups_mapped, keep_groups
from crm_mailchimp.permissions import MANAGE
from crm_mailchimp.trouble import MailchimpTrouble
from crmcore import Action, ActionCall, ActionResult, Label, PluginContext, Problem

_MAPPED: Label = {
    "en": "Mapped. It travels with the next change of a contact, and at night for everybody.",
    "ru": "Сопоставлено. Передаётся при следующем изменении контакта, а ночью — для всех.",
}
_UNMAPPED: Label = {"en": "No longer mapped.", "ru": "Больше не сопоставлено."}
_GONE: Label = {"en": "The audience has no such group.", "ru": "Такой группы в аудитории нет."}
_TAKEN: Label = {"en": "Another group is this tag.", "ru": "Этой метке уже соответствует другая группа."}


async def map_group(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Let the group of ``item`` (``ACCOUNT:GROUP``) be the tag that was filled in."""
    account, interest = _item(call.item)
    form: GroupForm = call.data
    tag = " ".join(form.tag.split())
    try:
        groups = await groups_of(await plugin.connections.get(account), plugin)
    except MailchimpTrouble as error:
        return ActionResult(message=error.label, tone="bad")
    if interest not in groups or not tag:
        return ActionResult(problems=(Problem(path="", code="no_group", message=_GONE),))
    others = [rule for rule in await groups_mapped(account, plugin) if rule.interest != interest]
    if any(rule.tag.casefold() == tag.casefold() for rule in others):
        return ActionResult(problems=(Problem(path="/tag", code="taken", message=_TAKEN),))
    rule = GroupRule(interest=interest, tag=tag, rule=form.rule)
    await keep_groups(account, [*others, rule][-MOST_GROUPS:], plugin)
    return ActionResult(message=_MAPPED)


async def prepare_group(call: ActionCall, plugin: PluginContext) -> GroupForm | None:
    """Return how the group is mapped now, else its own name as the tag."""
    account, interest = _item(call.item)
    for rule in await groups_mapped(account, plugin):
        if rule.interest == interest:
            return GroupForm(tag=rule.tag, rule=rule.rule)
    try:
        groups = await groups_of(await plugin.connections.get(account), plugin)
    except MailchimpTrouble:
        return None
    name = groups.get(interest, "").rpartition(" · ")[2][:60]
    return GroupForm(tag=name) if name else None


async def unmap_group(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Let the group of ``item`` be no tag; tags and groups stay where they are."""
    account, interest = _item(call.item)
    rules = [rule for rule in await groups_mapped(account, plugin) if rule.interest != interest]
    await keep_groups(account, rules, plugin)
    return ActionResult(message=_UNMAPPED)


def _item(item: str) -> tuple[UUID, str]:
    account, _, interest = item.partition(":")
    return UUID(account), interest


GROUP_ACTIONS = [
    Action(
        key="map_group",
        label={"en": "Map to a tag", "ru": "Сопоставить метке"},
        run=map_group,
        prepare=prepare_group,
        form=GroupForm,
        icon="tag",
        permission=MANAGE,
        timeout_s=25.0,
    ),
    Action(
        key="unmap_group",
        label={"en": "Do not map", "ru": "Не сопоставлять"},
        run=unmap_group,
        confirm={
            "en": "Stop mapping this group? Tags and groups stay as they are.",
            "ru": "Больше не сопоставлять эту группу? Метки и группы останутся как есть.",
        },
        icon="x",
        permission=MANAGE,
    ),
]
