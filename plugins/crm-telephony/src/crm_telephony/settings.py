"""The plugin's settings: what holds for all lines."""

from typing import Annotated

from msgspec import Struct

from crm_telephony.connected import look
from crmcore import Permission, Settings, setting

LISTEN = "telephony.listen"
ALL_CALLS = "telephony.calls"
CALL = "telephony.call"


class TelephonySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long recordings are kept, and what becomes of conversations that were talks."""

    keep_recordings_days: Annotated[
        int,
        setting(
            {"en": "Keep recordings, days", "ru": "Хранить записи, дней"},
            help={
                "en": "Older ones are deleted here every night. 0 keeps them.",
                "ru": "Более старые каждую ночь удаляются здесь. 0 — хранить всегда.",
            },
            ge=0,
            le=3650,
        ),
    ] = 180
    close_answered: Annotated[
        bool,
        setting(
            {
                "en": "Close the conversations of answered calls",
                "ru": "Закрывать обращения отвеченных звонков",
            },
            help={
                "en": "Nobody waits for an answer after a talk. They become those of the agent who talked.",
                "ru": "После разговора ответа не ждут. Обращение числится за тем, кто говорил.",
            },
        ),
    ] = False


SETTINGS = Settings(
    type=TelephonySettings,
    title={"en": "Telephony", "ru": "Телефония"},
    help={
        "en": "Lines are connected under Settings → Channels, whose phone it is stands under Agents’ phones.",
        "ru": "Линии подключаются в «Настройки → Каналы», чей телефон чей — в «Телефоны сотрудников».",
    },
    check=look,
)

PERMISSIONS = (
    Permission(
        key=ALL_CALLS,
        label={"en": "All calls", "ru": "Все звонки"},
        help={
            "en": "See the calls of everybody and their statistics. Without it one’s own.",
            "ru": "Видеть звонки всех и статистику. Без этого — только свои.",
        },
    ),
    Permission(
        key=LISTEN,
        label={"en": "Listen to recordings", "ru": "Слушать записи"},
        help={
            "en": "Play recordings and voice messages.",
            "ru": "Прослушивать записи и голосовые сообщения.",
        },
    ),
    Permission(
        key=CALL,
        label={"en": "Call from the CRM", "ru": "Звонить из CRM"},
        help={
            "en": "A button beside each phone number rings one’s own phone first.",
            "ru": "Кнопка у номера сначала вызывает собственный телефон.",
        },
    ),
)
