"""Click-to-call at Asterisk: the agent's phone rings, then the dialplan dials the customer."""

from typing import Any

from crm_telephony.asterisk.config import AsteriskConfig
from crm_telephony.asterisk.connection import AmiLost, AmiRefused
from crm_telephony.asterisk.signing_in import signed_in
from crm_telephony.asterisk.tracker import LINE_VARIABLE, NUMBER_VARIABLE, OWN_CALL
from crm_telephony.backend import Dial
from crmcore import ChannelAccount, Label, PluginContext, Problem, Refusal, text_of

RING_MS = "30000"


async def dial(asked: Dial, account: ChannelAccount, plugin: PluginContext) -> str:
    """Ask Asterisk to begin the call and return its key; raises :class:`~crmcore.Refusal`."""
    config: AsteriskConfig = account.config
    key = f"{OWN_CALL}{asked.id.hex}"
    number = asked.number
    if config.country_code and number.startswith(f"+{config.country_code}") and config.trunk_prefix:
        number = config.trunk_prefix + number[len(config.country_code) + 1 :]
    fields: dict[str, Any] = {
        "Channel": config.dial_channel.replace("{phone}", asked.phone),
        "Exten": number.removeprefix("+"),
        "Context": config.dial_context,
        "Priority": "1",
        "CallerID": f"<{asked.number}>",
        "Timeout": RING_MS,
        "Async": "true",
        "ChannelId": key,
        # Two ids: a Local channel has two ends.
        "OtherChannelId": f"{key}-2",
        "Variable": (f"__{NUMBER_VARIABLE}={asked.number}", f"__{LINE_VARIABLE}={asked.line}"),
    }
    try:
        async with signed_in(config, plugin.http, events=False) as ami:
            await ami.action("Originate", **fields)
    except (AmiRefused, ValueError) as refused:
        problem = _problem("refused", "Asterisk refuses the call", "Asterisk отказывает", str(refused))
        raise Refusal(problem) from refused
    except AmiLost as lost:
        problem = _problem("away", "Asterisk does not answer", "Asterisk не отвечает", lost.reason)
        raise Refusal(problem) from lost
    return key


def _problem(code: str, en: str, ru: str, reason: Label) -> Problem:
    message = {
        language: f"{said}: {text_of(reason, language)[:200]}" for language, said in (("en", en), ("ru", ru))
    }
    return Problem(code=code, message=message)
