"""Forms of the actions on the page "Mailchimp"."""

from typing import Annotated, Literal

from msgspec import Struct

from crm_mailchimp.mapping import Rule
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
    "en": "crm, mailchimp, newest: both ways, and this side or the later change is right when both changed. "
    "push: only to Mailchimp. pull: only from there.",
    "ru": "crm, mailchimp, newest: в обе стороны; если изменились обе, права эта сторона или позднейшее изменение. "
    "push: только в Mailchimp. pull: только оттуда.",
}


class MapForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which field of a contact a merge field is."""

    field: Annotated[Field, setting({"en": "Contact's field", "ru": "Поле контакта"})] = "custom"
    custom: Annotated[
        str,
        setting(
            {"en": "Key of the custom field", "ru": "Ключ настраиваемого поля"},
            help={"en": "Only with “custom”.", "ru": "Только при «custom»."},
            pattern="^([a-z][a-z0-9_]{0,59})?$",
        ),
    ] = ""
    rule: Annotated[Rule, setting({"en": "Who is right", "ru": "Кто прав"}, help=_RULE_HELP)] = "crm"

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
        Literal["text", "number", "date", "phone", "url"], setting({"en": "Type", "ru": "Тип"})
    ] = "text"


class SegmentForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tag that the contacts of a view carry in Mailchimp."""

    tag: Annotated[
        str, setting({"en": "Tag in Mailchimp", "ru": "Метка в Mailchimp"}, min_length=1, max_length=100)
    ] = "Segment"
