"""Which Mailchimp account and which audience."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from crmcore import Secret


def _shown(en: str, ru: str, *, help_en: str = "", help_ru: str = "") -> dict[str, Any]:
    """Return what a form says about a setting."""
    about = {"label": {"en": en, "ru": ru}, "help": {"en": help_en, "ru": help_ru}}
    return {"title": en, "description": help_en, "x-crm": about}


class MailchimpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One audience. The key's ending names the data centre, so that the key goes to Mailchimp only."""

    api_key: Annotated[
        Secret,
        Meta(
            max_length=100,
            pattern=r"^([0-9A-Za-z]+-[a-z]{2}[0-9]{1,3})?$",
            extra_json_schema=_shown(
                "API key",
                "Ключ API",
                help_en="Mailchimp: Account → Extras → API keys. It ends with a data centre, like -us21.",
                help_ru="Mailchimp: Account → Extras → API keys. Заканчивается дата-центром, например -us21.",
            ),
        ),
    ] = ""
    audience_id: Annotated[
        str,
        Meta(
            pattern="^[0-9A-Za-z]{0,40}$",
            extra_json_schema=_shown(
                "Audience ID",
                "ID аудитории",
                help_en="Mailchimp: Audience → Settings → Audience name and defaults.",
                help_ru="Mailchimp: Audience → Settings → Audience name and defaults.",
            ),
        ),
    ] = ""
    double_opt_in: Annotated[
        bool,
        Meta(
            extra_json_schema=_shown(
                "Ask new subscribers to confirm",
                "Просить новых подписчиков подтвердить",
                help_en="Mailchimp writes to them, and they stay pending until they agree.",
                help_ru="Mailchimp пишет им, и до согласия они остаются неподтверждёнными.",
            )
        ),
    ] = False

    @property
    def configured(self) -> bool:
        """Tell whether there is an audience to write to and a key to write with."""
        return bool(self.api_key and self.audience_id)

    @property
    def root(self) -> str:
        """The address of the API in the key's data centre."""
        return f"https://{self.api_key.strip().rpartition('-')[2]}.api.mailchimp.com/3.0"
