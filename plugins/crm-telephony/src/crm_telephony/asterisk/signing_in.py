"""A connection to the manager interface of an account, signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crm_telephony.asterisk.config import AsteriskConfig
from crm_telephony.asterisk.connection import AmiConnection, AmiLost, AmiRefused
from crmcore import ChannelAccount, CheckResult, HttpClient, PluginContext, text_of


@asynccontextmanager
async def signed_in(
    config: AsteriskConfig, http: HttpClient, *, events: bool
) -> AsyncIterator[AmiConnection]:
    """Connect and sign in; raises AmiLost and AmiRefused."""
    opening = AmiConnection.open(
        config.host,
        config.port,
        http=http,
        tls=config.tls,
        ca=config.certificate.strip(),
        check_name=config.check_name,
    )
    async with await opening as ami:
        await ami.login(config.username, config.secret, md5=config.login == "md5", events=events)
        yield ami


async def check(account: ChannelAccount, plugin: PluginContext) -> CheckResult:
    """Test the connection: sign in, and ask what may be seen."""
    try:
        async with signed_in(account.config, plugin.http, events=False) as ami:
            await ami.entries("CoreShowChannels")
            version = ami.version
    except AmiRefused as refused:
        reason = str(refused)
        return CheckResult(
            ok=False,
            message={"en": f"Asterisk refuses: {reason}", "ru": f"Asterisk отказывает: {reason}"},
        )
    except AmiLost as lost:
        return CheckResult(
            ok=False,
            message={
                "en": f"No connection: {text_of(lost.reason, 'en')}",
                "ru": f"Нет связи: {text_of(lost.reason, 'ru')}",
            },
        )
    return CheckResult(
        ok=True,
        message={
            "en": f"Signed in to the manager interface {version}.",
            "ru": f"Вход в интерфейс AMI {version} выполнен.",
        },
    )
