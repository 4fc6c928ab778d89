"""Actions that change the mapping of an audience."""

from uuid import UUID

import msgspec

from crm_mailchimp.answers import MergeField
from crm_mailchimp.audience import merge_fields_of, path_of
from crm_mailchimp.client import ask
from crm_mailchimp.forms import MapForm, NewFieldForm
from crm_mailchimp.mapping import MOST, FieldRule, fields_mapped, keep_mapping, with_rule
from crm_mailchimp.permissions import MANAGE
from crm_mailchimp.trouble import MailchimpTrouble
from crmcore import Action, ActionCall, ActionResult, Label, PluginContext, Problem

_NO_FIELD: Label = {"en": "There is no such custom field.", "ru": "Такого настраиваемого поля нет."}
_TOO_MANY: Label = {
    "en": "An audience maps at most {limit} fields.",
    "ru": "У аудитории может быть не больше {limit} сопоставлений.",
}
_NOT_FIT: Label = {
    "en": "Fields of the type “{type}” cannot be mapped.",
    "ru": "Поля типа «{type}» сопоставить нельзя.",
}
_MAPPED: Label = {
    "en": "Mapped. Values travel with the next change of a contact, and at night for everybody.",
    "ru": "Сопоставлено. Значения передаются при следующем изменении контакта, а ночью — для всех.",
}
_UNMAPPED: Label = {"en": "No longer mapped.", "ru": "Больше не сопоставлено."}


async def map_field(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Map the merge field of ``item`` (``ACCOUNT:TAG``) to what was chosen."""
    account, merge = _item(call.item)
    try:
        fields = await merge_fields_of(await plugin.connections.get(account), plugin)
    except MailchimpTrouble as error:
        return ActionResult(message=error.label, tone="bad")
    found = next((field for field in fields if field.tag == merge), None)
    if found is None or found.type == "address":
        kind = found.type if found else "?"
        return _refused("", "not_mappable", _NOT_FIT, type=kind)
    return await _mapped(account, merge, found.type, call.data, plugin)


async def prepare_map(call: ActionCall, plugin: PluginContext) -> MapForm | None:
    """Return how the merge field is mapped now."""
    account, merge = _item(call.item)
    for rule in await fields_mapped(account, plugin):
        if rule.merge == merge:
            custom = rule.field.startswith("custom.")
            values = {
                "field": "custom" if custom else rule.field,
                "custom": rule.field.removeprefix("custom.") if custom else "",
                "rule": rule.rule,
            }
            return msgspec.convert(values, MapForm)
    return None


async def unmap_field(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Take a line out of the mapping. Values stay where they are."""
    account, merge = _item(call.item)
    rules = [rule for rule in await fields_mapped(account, plugin) if rule.merge != merge]
    await keep_mapping(account, rules, plugin)
    return ActionResult(message=_UNMAPPED)


async def add_field(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Make a merge field in the audience and map it."""
    form: NewFieldForm = call.data
    id = UUID(call.item)
    if problem := await _unknown_field(form, plugin):
        return problem
    account = await plugin.connections.get(id)
    body = {"name": form.label, "tag": form.tag, "type": form.type, "required": False, "public": False}
    try:
        made = await ask(
            account, plugin, "POST", f"{path_of(account)}/merge-fields", MergeField, body=body, timeout_s=8.0
        )
    except MailchimpTrouble as error:
        return ActionResult(message=error.label, tone="bad")
    return await _mapped(id, made.tag, made.type, form, plugin)


async def _mapped(account: UUID, merge: str, type: str, form: MapForm, plugin: PluginContext) -> ActionResult:
    if problem := await _unknown_field(form, plugin):
        return problem
    rules = await fields_mapped(account, plugin)
    if len(rules) >= MOST and all(rule.merge != merge for rule in rules):
        return _refused("", "too_many", _TOO_MANY, limit=MOST)
    rule = FieldRule(field=form.name, merge=merge, rule=form.rule, type=type)
    await keep_mapping(account, with_rule(rules, rule), plugin)
    return ActionResult(message=_MAPPED)


async def _unknown_field(form: MapForm, plugin: PluginContext) -> ActionResult | None:
    if form.field != "custom":
        return None
    schema = await plugin.records.schema("contact")
    known = schema["properties"].get("custom", {}).get("properties", {})
    return None if form.custom in known else _refused("/custom", "unknown", _NO_FIELD)


def _refused(path: str, code: str, message: Label, **params: object) -> ActionResult:
    return ActionResult(problems=(Problem(path=path, code=code, message=message, params=params),))


def _item(item: str) -> tuple[UUID, str]:
    account, _, name = item.partition(":")
    return UUID(account), name


MAPPING_ACTIONS = [
    Action(
        key="map_field",
        label={"en": "Map", "ru": "Сопоставить"},
        run=map_field,
        prepare=prepare_map,
        form=MapForm,
        icon="arrow-down-up",
        permission=MANAGE,
    ),
    Action(
        key="unmap_field",
        label={"en": "Do not map", "ru": "Не сопоставлять"},
        run=unmap_field,
        confirm={
            "en": "Stop mapping this field? Values stay where they are.",
            "ru": "Больше не сопоставлять это поле? Значения останутся на местах.",
        },
        icon="x",
        permission=MANAGE,
    ),
    Action(
        key="add_field",
        label={"en": "Make a field in Mailchimp", "ru": "Создать поле в Mailchimp"},
        run=add_field,
        form=NewFieldForm,
        icon="plus",
        permission=MANAGE,
    ),
]
