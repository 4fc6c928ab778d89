"""Which Mailchimp account and which audience."""

from typing import Annotated

from msgspec import Struct

from crmcore import Secret, setting


class MailchimpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One audience. The key's ending names the data centre, so that the key goes to Mailchimp only."""

    api_key: Annotated[
        Secret,
        setting(
            {"en": "API key", "ru": "Ключ API"},
            help={
                "en": "Mailchimp: Account → Extras → API keys. It ends with a data centre, like -us21.",
                "ru": "Mailchimp: Account → Extras → API keys. Заканчивается дата-центром, например -us21.",
            },
            max_length=100,
            pattern=r"^([0-9A-Za-z]+-[a-z]{2}[0-9]{1,3})?$",
        ),
    ] = ""
    audience_id: Annotated[
        str,
        setting(
            {"en": "Audience ID", "ru": "ID аудитории"},
            help={
                "en": "Mailchimp: Audience → Settings → Audience name and defaults.",
                "ru": "Mailchimp: Audience → Settings → Audience name and defaults.",
            },
            pattern="^[0-9A-Za-z]{0,40}$",
        ),
    ] = ""
    double_opt_in: Annotated[
        bool,
        setting(
            {"en": "Ask new subscribers to confirm", "ru": "Просить новых подписчиков подтвердить"},
            help={
                "en": "Mailchimp writes to them, and they stay pending until they agree.",
                "ru": "Mailchimp пишет им, и до согласия они остаются неподтверждёнными.",
            },
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
