"""What the settings of every telephone system say about telling calls, whatever its protocol."""

from typing import Annotated, Literal

from crmcore import setting

Language = Annotated[
    Literal["en", "ru"],
    setting({"en": "Language of the call notes", "ru": "Язык записей о звонках"}),
]
CallBackWithin = Annotated[
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
]
