"""One phone line at Twilio."""

from typing import Annotated

from msgspec import Struct

from crm_telephony.telling import CallBackWithin, Language
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
    api: Annotated[
        str,
        setting(
            {"en": "Address of the API", "ru": "Адрес API"},
            help={
                "en": "Another one for accounts in a region: https://api.dublin.ie1.twilio.com.",
                "ru": "Другой для аккаунтов в регионе: https://api.dublin.ie1.twilio.com.",
            },
            pattern=r"^https?://[A-Za-z0-9.:-]{1,200}$",
        ),
    ] = "https://api.twilio.com"
    ring: Annotated[
        list[
            Annotated[
                str,
                setting("", pattern=r"^(\+[1-9][0-9]{6,14}|client:[\w.@+-]{1,100}|sip:[\w.@:;=+-]{1,200})$"),
            ]
        ],
        setting(
            {"en": "Phones that ring", "ru": "Какие телефоны звонят"},
            help={
                "en": "Numbers, client:name or sip:name@domain, all at once. With one of them, enter the account's "
                "address as “A call comes in” too. Empty: your own TwiML or Studio answers.",
                "ru": "Номера, client:имя или sip:имя@домен, все сразу. Если указаны, введите адрес и в “A call "
                "comes in”. Пусто — отвечает ваш TwiML или Studio.",
            },
            max_length=10,
        ),
    ] = []
    ring_s: Annotated[int, setting({"en": "Ring for, seconds", "ru": "Звонить, секунд"}, ge=5, le=300)] = 25
    record: Annotated[
        bool,
        setting(
            {"en": "Record calls", "ru": "Записывать разговоры"},
            help={
                "en": "Callers have to be told: do so in the greeting.",
                "ru": "Звонящих нужно предупредить: сделайте это в приветствии.",
            },
        ),
    ] = False
    greeting: Annotated[
        str,
        setting({"en": "Said before it rings", "ru": "Говорится до вызова"}, max_length=500),
    ] = ""
    voicemail: Annotated[
        str,
        setting(
            {"en": "Said before the voice message", "ru": "Говорится перед записью сообщения"},
            help={
                "en": "After this the caller may leave a message when nobody answers. Empty: no voice messages.",
                "ru": "После этого звонящий может оставить сообщение, если никто не ответил. Пусто — без сообщений.",
            },
            max_length=500,
        ),
    ] = ""
    language: Language = "en"
    call_back_within_minutes: CallBackWithin = 60
