"""Which audience in which account, and what travels between it and here."""

from typing import Annotated, Literal

from msgspec import Struct

from crmcore import Label, Secret, setting

_WHERE: Label = {
    "en": "Mailchimp: Audience → Settings → Audience name and defaults.",
    "ru": "Mailchimp: Audience → Settings → Audience name and defaults.",
}


class AudienceConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
            pattern=r"^[0-9A-Za-z]+-[a-z]{2}[0-9]{1,3}$",
        ),
    ]
    audience_id: Annotated[
        str,
        setting({"en": "Audience ID", "ru": "ID аудитории"}, help=_WHERE, pattern="^[0-9A-Za-z]{1,40}$"),
    ]
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
    only_tag: Annotated[
        str,
        setting(
            {"en": "Only contacts with this tag", "ru": "Только контакты с этой меткой"},
            help={
                "en": "For several audiences. Empty: everybody who wants the newsletter joins.",
                "ru": "Для нескольких аудиторий. Пусто: входят все, кто согласен на рассылку.",
            },
            max_length=60,
        ),
    ] = ""
    make_contacts: Annotated[
        bool,
        setting(
            {"en": "New subscribers become contacts", "ru": "Новые подписчики становятся контактами"},
            help={
                "en": "Who subscribes in Mailchimp and is not known here gets a contact.",
                "ru": "Кто подписался в Mailchimp и здесь неизвестен, становится контактом.",
            },
        ),
    ] = True
    mark_opt_out: Annotated[
        bool,
        setting(
            {"en": "Who unsubscribes is written to no more", "ru": "Отписавшимся больше не пишем"},
            help={
                "en": "The address is marked as opted out: replies to it are held until a person decides. Without "
                "this, unsubscribing ends the newsletter only.",
                "ru": "Адрес получает отметку об отказе: ответы на него задерживаются до решения человека. Без "
                "этого отписка прекращает только рассылку.",
            },
        ),
    ] = True
    tags: Annotated[
        Literal["none", "listed", "all"],
        setting(
            {"en": "Tags that travel both ways", "ru": "Метки, общие с Mailchimp"},
            choices={
                "none": {"en": "None", "ru": "Никакие"},
                "listed": {"en": "Those named below", "ru": "Названные ниже"},
                "all": {"en": "All", "ru": "Все"},
            },
        ),
    ] = "none"
    listed_tags: Annotated[
        str,
        setting(
            {"en": "Listed tags", "ru": "Названные метки"},
            help={"en": "Separated by commas.", "ru": "Через запятую."},
            max_length=2000,
        ),
    ] = ""
    webhook_key: Annotated[
        Secret,
        setting(
            {"en": "Key in the webhook's address", "ru": "Ключ в адресе вебхука"},
            help={
                "en": "Made by “Connect the webhook” on the page Mailchimp. Enter one yourself only for a webhook "
                "that you make by hand: its address is this account's, followed by ?key=…",
                "ru": "Создаётся кнопкой «Подключить вебхук» на странице Mailchimp. Указывайте сами только для "
                "вебхука, созданного вручную: его адрес — адрес этой учётной записи и ?key=…",
            },
            pattern="^([0-9A-Za-z_-]{16,100})?$",
        ),
    ] = ""
    signing_secret: Annotated[
        Secret,
        setting(
            {"en": "Signing secret of the webhook", "ru": "Секрет подписи вебхука"},
            help={
                "en": "Shown once when a signed webhook is made. With it, unsigned deliveries are refused.",
                "ru": "Показывается один раз при создании вебхука. С ним доставки без подписи отклоняются.",
            },
            max_length=200,
        ),
    ] = ""
    signing_secret_before: Annotated[
        Secret,
        setting(
            {"en": "Signing secret before the last change", "ru": "Прежний секрет подписи"},
            help={"en": "Accepted too, while it changes.", "ru": "Тоже принимается во время замены."},
            max_length=200,
        ),
    ] = ""
    api_address: Annotated[
        str,
        setting(
            {"en": "Address of the API", "ru": "Адрес API"},
            help={
                "en": "Leave empty: it follows from the key. Only for a stand-in or a proxy of your own.",
                "ru": "Оставьте пустым: следует из ключа. Только для собственного прокси или имитации.",
            },
            pattern=r"^(https?://[0-9A-Za-z.:-]{1,253}/3\.0)?$",
        ),
    ] = ""

    @property
    def root(self) -> str:
        """The address of the API in the key's data centre."""
        if self.api_address:
            return self.api_address
        return f"https://{self.api_key.strip().rpartition('-')[2]}.api.mailchimp.com/3.0"

    @property
    def made_up(self) -> bool:
        """Tell whether it is a stand-in on this machine that answers, as in the demo."""
        return self.api_address.startswith("http://127.0.0.1:")

    def is_shared(self, tag: str) -> bool:
        """Tell whether ``tag`` travels between here and Mailchimp."""
        if self.tags == "listed":
            return tag.casefold() in {name.strip().casefold() for name in self.listed_tags.split(",")}
        return self.tags == "all"
