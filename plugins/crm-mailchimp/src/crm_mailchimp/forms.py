"""Forms of the actions on the page "Mailchimp"."""

from typing import Annotated, Literal

from msgspec import Struct

from crm_mailchimp.mapping import Rule
from crm_mailchimp.words import RULES
from crmcore import Label, setting

Field = Literal[
    "first_name",
    "last_name",
    "phone",
    "company",
    "job_title",
    "language",
    "time_zone",
    "gender",
    "custom",
]
_RULE_HELP: Label = {
    "en": "Where both sides have changed since they were last in step, the one that is right is followed.",
    "ru": "Если с последней синхронизации изменились обе стороны, побеждает та, что права.",
}
_FIELDS = {
    "first_name": {"en": "First name", "ru": "Имя"},
    "last_name": {"en": "Last name", "ru": "Фамилия"},
    "phone": {"en": "First phone number", "ru": "Первый телефон"},
    "company": {"en": "Company", "ru": "Компания"},
    "job_title": {"en": "Job title", "ru": "Должность"},
    "language": {"en": "Language", "ru": "Язык"},
    "time_zone": {"en": "Time zone", "ru": "Часовой пояс"},
    "gender": {"en": "Gender", "ru": "Пол"},
    "custom": {"en": "A custom field", "ru": "Настраиваемое поле"},
}
_TYPES = {
    "text": {"en": "Text", "ru": "Текст"},
    "number": {"en": "Number", "ru": "Число"},
    "date": {"en": "Date", "ru": "Дата"},
    "phone": {"en": "Phone number", "ru": "Телефон"},
    "url": {"en": "Web address", "ru": "Адрес в интернете"},
}


class MapForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which field of a contact a merge field is."""

    field: Annotated[Field, setting({"en": "Contact's field", "ru": "Поле контакта"}, choices=_FIELDS)] = (
        "custom"
    )
    custom: Annotated[
        str,
        setting(
            {"en": "Key of the custom field", "ru": "Ключ настраиваемого поля"},
            help={"en": "Only with “A custom field”.", "ru": "Только для настраиваемого поля."},
            pattern="^([a-z][a-z0-9_]{0,59})?$",
        ),
    ] = ""
    rule: Annotated[
        Rule, setting({"en": "Who is right", "ru": "Кто прав"}, help=_RULE_HELP, choices=RULES)
    ] = "crm"

    @property
    def name(self) -> str:
        """The field as the mapping names it."""
        return f"custom.{self.custom}" if self.field == "custom" else self.field


class NewFieldForm(MapForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge field to be made in Mailchimp, and what it is here."""

    label: Annotated[
        str,
        setting({"en": "Name in Mailchimp", "ru": "Название в Mailchimp"}, min_length=1, max_length=50),
    ] = "Field"
    tag: Annotated[
        str,
        setting(
            {"en": "Merge tag", "ru": "Метка подстановки"},
            help={
                "en": "Up to 10 capital letters and digits: CITY",
                "ru": "До 10 заглавных букв и цифр: CITY",
            },
            pattern="^[A-Z][A-Z0-9_]{0,9}$",
        ),
    ] = "FIELD"
    type: Annotated[
        Literal["text", "number", "date", "phone", "url"],
        setting({"en": "Type", "ru": "Тип"}, choices=_TYPES),
    ] = "text"


class GroupForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tag of contacts that a group of the audience is."""

    tag: Annotated[
        str, setting({"en": "Tag of contacts", "ru": "Метка контактов"}, min_length=1, max_length=60)
    ] = "Group"
    rule: Annotated[
        Rule, setting({"en": "Who is right", "ru": "Кто прав"}, help=_RULE_HELP, choices=RULES)
    ] = "crm"


class SegmentForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tag that the contacts of a view carry in Mailchimp."""

    tag: Annotated[
        str, setting({"en": "Tag in Mailchimp", "ru": "Метка в Mailchimp"}, min_length=1, max_length=100)
    ] = "Segment"
