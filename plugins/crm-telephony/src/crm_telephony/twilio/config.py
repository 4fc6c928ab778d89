"""One phone line at Twilio."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from crmcore import Secret


def _shown(en: str, ru: str, *, help_en: str = "", help_ru: str = "") -> dict[str, Any]:
    """Return what a form says about a setting."""
    about = {"label": {"en": en, "ru": ru}, "help": {"en": help_en, "ru": help_ru}}
    return {"title": en, "description": help_en, "x-crm": about}


class TwilioVoiceConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which account may report calls, and how they are told to agents."""

    account_sid: Annotated[
        str, Meta(pattern="^AC[0-9a-fA-F]{32}$", extra_json_schema=_shown("Account SID", "Account SID"))
    ]
    auth_token: Annotated[
        Secret,
        Meta(
            min_length=1,
            max_length=200,
            extra_json_schema=_shown(
                "Auth token",
                "Токен (auth token)",
                help_en="Proves that a callback comes from Twilio.",
                help_ru="Подтверждает, что запрос пришёл от Twilio.",
            ),
        ),
    ]
    auth_token_previous: Annotated[
        Secret,
        Meta(
            max_length=200,
            extra_json_schema=_shown(
                "Previous auth token",
                "Прежний токен",
                help_en="While a token is being replaced, both are accepted. Empty it afterwards.",
                help_ru="Пока токен меняется, принимаются оба. Потом очистите это поле.",
            ),
        ),
    ] = ""
    number: Annotated[
        str,
        Meta(
            pattern=r"^(\+[1-9][0-9]{6,14})?$",
            extra_json_schema=_shown(
                "Public number",
                "Номер линии",
                help_en="Calls to or from other numbers of the Twilio account are left out. Empty: all of them.",
                help_ru="Звонки других номеров аккаунта Twilio пропускаются. Пусто — все номера.",
            ),
        ),
    ] = ""
    language: Annotated[
        Literal["en", "ru"],
        Meta(
            extra_json_schema=_shown(
                "Language of the call notes",
                "Язык записей о звонках",
            )
        ),
    ] = "en"
    call_back_within_minutes: Annotated[
        int,
        Meta(
            ge=0,
            le=10_080,
            extra_json_schema=_shown(
                "Call back within, minutes",
                "Перезвонить в течение, минут",
                help_en="A missed call makes a task that is due then. 0 makes no tasks.",
                help_ru="По пропущенному звонку ставится задача с этим сроком. 0 — без задач.",
            ),
        ),
    ] = 60
