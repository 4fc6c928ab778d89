"""One phone line at Twilio."""

from typing import Annotated, Literal

from msgspec import Struct

from crmcore import Secret, setting


class TwilioVoiceConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which account may report calls, and how they are told to agents."""

    account_sid: Annotated[
        str, setting({"en": "Account SID", "ru": "Account SID"}, pattern="^AC[0-9a-fA-F]{32}$")
    ]
    auth_token: Annotated[
        Secret,
        setting(
            {"en": "Auth token", "ru": "Токен (auth token)"},
            help={
                "en": "Proves that a callback comes from Twilio.",
                "ru": "Подтверждает, что запрос пришёл от Twilio.",
            },
            min_length=1,
            max_length=200,
        ),
    ]
    auth_token_previous: Annotated[
        Secret,
        setting(
            {"en": "Previous auth token", "ru": "Прежний токен"},
            help={
                "en": "While a token is being replaced, both are accepted. Empty it afterwards.",
                "ru": "Пока токен меняется, принимаются оба. Потом очистите это поле.",
            },
            max_length=200,
        ),
    ] = ""
    number: Annotated[
        str,
        setting(
            {"en": "Public number", "ru": "Номер линии"},
            help={
                "en": "Calls to or from other numbers of the Twilio account are left out. Empty: all of them.",
                "ru": "Звонки других номеров аккаунта Twilio пропускаются. Пусто — все номера.",
            },
            pattern=r"^(\+[1-9][0-9]{6,14})?$",
        ),
    ] = ""
    language: Annotated[
        Literal["en", "ru"],
        setting({"en": "Language of the call notes", "ru": "Язык записей о звонках"}),
    ] = "en"
    call_back_within_minutes: Annotated[
        int,
        setting(
            {"en": "Call back within, minutes", "ru": "Перезвонить в течение, минут"},
            help={
                "en": "A missed call makes a task that is due then. 0 makes no tasks.",
                "ru": "По пропущенному звонку ставится задача с этим сроком. 0 — без задач.",
            },
            ge=0,
            le=10_080,
        ),
    ] = 60
