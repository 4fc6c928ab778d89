"""Why a delivery was not delivered, and why an endpoint rests, in the product's languages."""

from crmcore.contracts.labels import Label

GONE, FAILING = "gone", "failing"

DELIVERIES: dict[str, Label] = {
    GONE: {
        "en": "The receiver answered that it is gone (410).",
        "ru": "Получатель ответил, что его больше нет (410).",
    },
    "status": {"en": "The receiver did not accept it.", "ru": "Получатель её не принял."},
    "redirect": {
        "en": "The receiver sends elsewhere, which is never followed.",
        "ru": "Получатель перенаправляет на другой адрес, а туда ничего не отправляется.",
    },
    "unreachable": {"en": "The receiver did not answer.", "ru": "Получатель не ответил."},
    "refused": {"en": "Nothing is sent to this address.", "ru": "На этот адрес ничего не отправляется."},
    "internal": {"en": "The event could not be written.", "ru": "Событие не удалось записать."},
    "out_of_sight": {
        "en": "The endpoint's owner does not see this record.",
        "ru": "Владелец адреса не видит эту запись.",
    },
    "owner_gone": {
        "en": "The endpoint's owner is not active any more.",
        "ru": "Владелец адреса больше не работает.",
    },
    "event_gone": {"en": "The event was deleted.", "ru": "Событие удалено."},
    "disabled": {"en": "The endpoint was disabled.", "ru": "Адрес был отключён."},
}
