"""What the plugin adds here and there: players under messages, a tile, lines of the palette, steps of setting up."""

from datetime import timedelta

from crm_telephony import words
from crm_telephony.shown import media_of
from crm_telephony.sight import own_calls
from crm_telephony.tables import TelephonyCall, TelephonyPhone
from crmcore import (
    Block,
    Command,
    Link,
    MessageBlocks,
    MessageView,
    Num,
    PanelContent,
    PluginContext,
    SetupStep,
    Stat,
    Stats,
    Tile,
    TileRequest,
    text_of,
)

CHANNELS = ("asterisk", "twilio_voice")
CALLS = "/x/telephony/calls"


async def under_message(message: MessageView, plugin: PluginContext) -> tuple[Block, ...]:
    """Return the player of the call that a message tells of."""
    key = str(message.document.get("external_id") or "")
    if not key:
        return ()
    row = await TelephonyCall.select().where(TelephonyCall.call_sid == key).first()
    if row is None:
        return ()
    media = media_of(row, message.actor, message.language)
    return (media,) if media is not None else ()


async def today(request: TileRequest, plugin: PluginContext) -> PanelContent:
    """Return the calls of the last 24 hours."""
    call, language = TelephonyCall, request.language
    condition = call.ended_at >= plugin.now() - timedelta(days=1)
    if (own := own_calls(request.actor)) is not None:
        condition = condition & own
    total = await call.count().where(condition)
    missed = await call.count().where(
        condition & (call.direction == "in") & (call.outcome != "answered") & (call.stage == "ended")
    )
    if not total:
        return PanelContent(status="empty", message=text_of(words.NO_CALLS, language))
    all_label, missed_label = {"en": "In 24 hours", "ru": "За сутки"}, {"en": "Missed", "ru": "Пропущено"}
    stats = Stats(
        items=(
            Stat(text_of(all_label, language), Num(total)),
            Stat(text_of(missed_label, language), Num(missed), "bad" if missed else "neutral"),
        )
    )
    return PanelContent(blocks=(stats,), link=Link(text_of(words.CALLS, language), CALLS))


async def has_line(plugin: PluginContext) -> bool:
    """Tell whether a telephone system is connected."""
    for channel in CHANNELS:
        if await plugin.connections.list(channel):
            return True
    return False


async def has_phones(plugin: PluginContext) -> bool:
    """Tell whether it is known whose phones they are."""
    return bool(await TelephonyPhone.exists())


MESSAGE_BLOCKS = MessageBlocks(channels=CHANNELS, load=under_message)
TILE = Tile(key="today", title=words.CALLS, load=today, icon="phone", ttl_s=30)
COMMANDS = (
    Command(
        key="calls",
        label=words.CALLS,
        open=CALLS,
        keywords={"en": "phone missed recordings", "ru": "телефон пропущенные записи"},
        icon="phone",
    ),
)
SETUP_STEPS = (
    SetupStep(
        key="line",
        title={"en": "Connect a phone line", "ru": "Подключите телефонную линию"},
        text={"en": "Asterisk or Twilio.", "ru": "Asterisk или Twilio."},
        open="/settings/channels",
        done=has_line,
        order=300,
    ),
    SetupStep(
        key="phones",
        title={"en": "Say whose phone is whose", "ru": "Укажите, чей телефон чей"},
        text={
            "en": "An incoming call then appears on the page of whose phone rings.",
            "ru": "Тогда карточка звонка появится у того, чей телефон звонит.",
        },
        open="/records/telephony_phones",
        done=has_phones,
        order=310,
    ),
)
