import msgspec
import pytest
from posting import ADMIN, api_account, chat_account

from crmcore.conversations.tables import ChannelAccountRow
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.workspace import Crm

SECRET = "whsec_" + "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


async def test_secrets_are_sealed_masked_and_given_to_the_channel(crm: Crm) -> None:
    config = {"reply_url": "https://shop.example/replies", "signing_secret": SECRET}
    id = await api_account(crm, config=config)
    [row] = await ChannelAccountRow.select()
    assert SECRET not in row["config"] and "enc:v1:" in row["config"]
    document = await crm.channel_accounts.document("shop", actor=ADMIN)
    assert document["config"] == {"reply_url": "https://shop.example/replies", "signing_secret": "••••••"}
    assert (document["id"], document["channel"], document["state"]) == (id, "api", "active")
    found = await crm.channel_accounts.get(str(id))
    assert found.account.config.signing_secret == SECRET
    assert SECRET not in repr(found.account)


async def test_a_secret_copied_into_another_row_cannot_be_read(crm: Crm) -> None:
    one = await api_account(crm, config={"signing_secret": SECRET})
    two = await api_account(crm, slug="two")
    [row] = await ChannelAccountRow.select().where(ChannelAccountRow.id == one)
    await ChannelAccountRow.update({"config": row["config"]}, force=True).where(ChannelAccountRow.id == two)
    found = await crm.channel_accounts.get("two")
    assert found.channel is None and "settings" in str(found.trouble)


async def test_a_change_keeps_secrets_that_are_left_out_empty_or_masked(crm: Crm) -> None:
    id = await api_account(crm, config={"reply_url": "https://a.example/", "signing_secret": SECRET})
    for change in ({}, {"signing_secret": ""}, {"signing_secret": "••••••"}):
        await crm.channel_accounts.update(
            id, {"name": "New", "config": {"reply_url": "https://b.example/", **change}}, actor=ADMIN
        )
        found = await crm.channel_accounts.get("shop")
        assert found.account.config.signing_secret == SECRET
        assert (found.row["name"], found.account.config.reply_url) == ("New", "https://b.example/")
    await crm.channel_accounts.update(
        id, {"config": {"reply_url": None, "signing_secret": None}}, actor=ADMIN
    )
    assert (await crm.channel_accounts.get("shop")).account.config.signing_secret == ""


@pytest.mark.parametrize(
    ("channel", "config", "more", "path"),
    [
        ("fax", {}, {}, "/channel"),
        ("api", {"reply_url": 5}, {}, "/config/reply_url"),
        ("api", {"reply_url": "ftp://x"}, {}, "/config/reply_url"),
        ("api", {"reply_url": "https://a.example/"}, {}, "/config/signing_secret"),
        ("api", {"signing_secret": "short"}, {}, "/config/signing_secret"),
        ("api", {"nonsense": 1}, {}, "/config/nonsense"),
        ("api", {}, {"slug": "Not A Slug"}, "/slug"),
        ("api", {}, {"policy": {"open_case": "sometimes"}}, "/policy/open_case"),
        ("form", {"fields": []}, {}, "/config/fields"),
        (
            "form",
            {"fields": [{"name": "a", "label": "A", "target": "contact.version"}]},
            {},
            "/config/fields/0/target",
        ),
        (
            "form",
            {"fields": [{"name": "a", "label": "A", "type": "choice"}]},
            {},
            "/config/fields/0/choices",
        ),
        ("form", {"fields": [{"name": "website", "label": "A"}]}, {}, "/config/trap"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_path(
    crm: Crm, channel: str, config: dict[str, object], more: dict[str, object], path: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await crm.channel_accounts.create(channel, "Name", config, actor=ADMIN, **more)  # type: ignore[arg-type]
    (problem,) = refused.value.problems
    assert problem.path == path
    assert problem.sentence("ru") != problem.sentence("en")
    assert await ChannelAccountRow.count() == 0


async def test_slugs_are_made_from_names_and_are_unique(crm: Crm) -> None:
    await crm.channel_accounts.create("api", "Магазин Café 24", {}, actor=ADMIN)
    assert (await crm.channel_accounts.get("cafe-24")).row["name"] == "Магазин Café 24"
    await crm.channel_accounts.create("api", "Café 24", {}, actor=ADMIN)
    with pytest.raises(Invalid) as refused:
        await crm.channel_accounts.create("api", "x", {}, actor=ADMIN, slug="cafe-24")
    assert refused.value.problems[0].code == "taken"
    assert len(await crm.channel_accounts.list(actor=ADMIN)) == 2


async def test_only_who_may_sees_and_changes_accounts(crm: Crm) -> None:
    id = await api_account(crm)
    nobody = msgspec.structs.replace(ADMIN, permissions=frozenset({"contact.*"}))
    with pytest.raises(Forbidden):
        await crm.channel_accounts.list(actor=nobody)
    with pytest.raises(Forbidden):
        await crm.channel_accounts.update(id, {"name": "x"}, actor=nobody)
    with pytest.raises(Forbidden):
        await crm.channel_accounts.pause(id, actor=nobody)
    with pytest.raises(NotFound):
        await crm.channel_accounts.get("nowhere")


async def test_an_old_version_is_a_conflict(chat_crm: Crm) -> None:
    id = await chat_account(chat_crm)
    await chat_crm.channel_accounts.update(id, {"name": "One"}, actor=ADMIN, version=1)
    with pytest.raises(Conflict) as refused:
        await chat_crm.channel_accounts.update(id, {"name": "Two"}, actor=ADMIN, version=1)
    assert refused.value.extra["current"]["name"] == "One"
    assert refused.value.extra["current"]["config"]["secret"] == "••••••"
