"""One Asterisk: how to reach it and how its numbers are to be read."""

from typing import Annotated, Literal

from msgspec import Struct

from crm_telephony.telling import CallBackWithin, Language
from crmcore import Secret, setting

_HOST = r"^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45})$"
# Certificates alone: a private key that is pasted along must not be kept where it can be read.
_CERTIFICATES = (
    r"^\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,8000}-----END CERTIFICATE-----\s*){0,10}$"
)
_CONTEXT = r"^[A-Za-z0-9_.-]{0,80}$"


class AsteriskConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The manager interface, and what Asterisk alone does not say."""

    host: Annotated[
        str, setting({"en": "Host of the manager interface", "ru": "Адрес интерфейса AMI"}, pattern=_HOST)
    ]
    username: Annotated[
        str, setting({"en": "User name", "ru": "Имя пользователя"}, min_length=1, max_length=80)
    ]
    secret: Annotated[Secret, setting({"en": "Secret", "ru": "Пароль"}, min_length=1, max_length=200)]
    port: Annotated[int, setting({"en": "Port", "ru": "Порт"}, ge=1, le=65_535)] = 5038
    login: Annotated[
        Literal["md5", "plain"],
        setting(
            {"en": "Way to sign in (md5, plain)", "ru": "Способ входа (md5, plain)"},
            help={
                "en": "md5 does not send the secret. Neither encrypts the rest: use TLS outside your network.",
                "ru": "При md5 пароль не передаётся. Дальнейшее не шифруется: вне своей сети включите TLS.",
            },
        ),
    ] = "md5"
    tls: Annotated[
        bool,
        setting(
            {"en": "TLS", "ru": "TLS"},
            help={
                "en": "tlsenable of manager.conf, usually port 5039; the certificate is checked.",
                "ru": "tlsenable в manager.conf, обычно порт 5039; сертификат проверяется.",
            },
        ),
    ] = False
    certificate: Annotated[
        str,
        setting(
            {"en": "Certificate to trust (PEM)", "ru": "Доверенный сертификат (PEM)"},
            help={
                "en": "Of your own authority (ca.crt), or of Asterisk itself where it signed its own. Empty: the "
                "public authorities are trusted.",
                "ru": "Вашего центра (ca.crt) или самой Asterisk, если сертификат самоподписанный. Пусто — доверие "
                "общеизвестным центрам.",
            },
            max_length=20_000,
            pattern=_CERTIFICATES,
        ),
    ] = ""
    check_name: Annotated[
        bool,
        setting(
            {"en": "Check the name in the certificate", "ru": "Проверять имя в сертификате"},
            help={
                "en": "Off takes whatever the certificate above has signed, where this host’s name is not in it.",
                "ru": "Без проверки принимается любой, подписанный указанным выше: если в нём нет имени этого узла.",
            },
        ),
    ] = True
    lines: Annotated[
        list[Annotated[str, setting("", max_length=40)]],
        setting(
            {"en": "Only these lines", "ru": "Только эти линии"},
            help={
                "en": "Incoming calls to other dialled numbers are left out. Empty: all of them.",
                "ru": "Входящие на другие набранные номера пропускаются. Пусто — все.",
            },
            max_length=50,
        ),
    ] = []
    trunks: Annotated[
        list[Annotated[str, setting("", max_length=80)]],
        setting(
            {"en": "Trunks", "ru": "Транки"},
            help={
                "en": "Names of peers whose calls come from outside even when the caller's number is short.",
                "ru": "Имена пиров, звонки которых внешние, даже если номер короткий.",
            },
            max_length=50,
        ),
    ] = []
    extension_digits: Annotated[
        int,
        setting(
            {"en": "Longest extension, digits", "ru": "Длина внутреннего номера, цифр"},
            help={
                "en": "Calls between such numbers are the company's own and are not kept.",
                "ru": "Звонки между такими номерами — внутренние и не сохраняются.",
            },
            ge=1,
            le=8,
        ),
    ] = 5
    country_code: Annotated[
        str,
        setting(
            {"en": "Country code", "ru": "Код страны"},
            help={
                "en": "Of national numbers as Asterisk writes them, digits only: 7, 44, 1.",
                "ru": "Для номеров без кода страны, только цифры: 7, 44, 1.",
            },
            pattern=r"^([1-9][0-9]{0,2})?$",
        ),
    ] = ""
    trunk_prefix: Annotated[
        str,
        setting(
            {"en": "National prefix", "ru": "Междугородний префикс"},
            help={"en": "8 in Russia, 0 in Britain.", "ru": "8 в России, 0 в Британии."},
            pattern=r"^[0-9]{0,2}$",
        ),
    ] = ""
    dial_context: Annotated[
        str,
        setting(
            {"en": "Context for calls from here", "ru": "Контекст для исходящих звонков"},
            help={
                "en": "The dialplan context that dials the customer after the agent has picked up.",
                "ru": "Контекст диалплана, который набирает клиента, когда сотрудник снял трубку.",
            },
            pattern=_CONTEXT,
        ),
    ] = "from-internal"
    numbers_to_call_from: Annotated[
        list[Annotated[str, setting("", pattern=r"^[0-9+*#]{1,40}$")]],
        setting(
            {"en": "Numbers to call from", "ru": "Номера для исходящих"},
            help={
                "en": "Whoever calls from here chooses one of them; the dialplan finds it in ${CRMCORE_LINE}. Empty: "
                "the dialplan decides.",
                "ru": "Звонящий отсюда выбирает один из них; диалплан найдёт его в ${CRMCORE_LINE}. Пусто — решает "
                "диалплан.",
            },
            max_length=50,
        ),
    ] = []
    dial_channel: Annotated[
        str,
        setting(
            {"en": "Channel of an agent's phone", "ru": "Канал телефона сотрудника"},
            help={
                "en": "{phone} is the extension: PJSIP/{phone} or Local/{phone}@from-internal.",
                "ru": "{phone} — внутренний номер: PJSIP/{phone} или Local/{phone}@from-internal.",
            },
            pattern=r"^[A-Za-z0-9]{2,20}/[A-Za-z0-9_.@{}/-]{1,80}$",
        ),
    ] = "PJSIP/{phone}"
    recordings: Annotated[
        str,
        setting(
            {"en": "Address of recordings", "ru": "Адрес записей разговоров"},
            help={
                "en": "Where your web server gives them out: https://pbx.example.com/rec/{file}. {file} is the name, "
                "{path} the whole path, {year} {month} {day} the day of the call, {id} its Linkedid. Empty: none.",
                "ru": "Где их отдаёт веб-сервер: https://pbx.example.com/rec/{file}. {file} — имя файла, {path} — "
                "весь путь, {year} {month} {day} — день звонка, {id} — его Linkedid. Пусто — не забирать.",
            },
            pattern=r"^(https?://[^\s]{1,400})?$",
        ),
    ] = ""
    recordings_user: Annotated[
        str,
        setting(
            {"en": "User name there", "ru": "Имя пользователя там"}, max_length=80, pattern="^[^:\r\n]*$"
        ),
    ] = ""
    recordings_password: Annotated[
        Secret, setting({"en": "Password there", "ru": "Пароль там"}, max_length=200)
    ] = ""
    language: Language = "en"
    call_back_within_minutes: CallBackWithin = 60
