"""Which provider, and whom it may let in."""

from typing import Annotated

from msgspec import Struct

from crmcore import Secret, setting


class GroupRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What membership in one of the provider's groups means here."""

    group: Annotated[str, setting({"en": "Group", "ru": "Группа"}, min_length=1, max_length=200)]
    role: Annotated[
        str,
        setting(
            {"en": "Role", "ru": "Роль"},
            help={"en": "Empty: the group gives no role.", "ru": "Пусто: группа не даёт роли."},
            pattern="^[a-z0-9_]{0,30}$",
        ),
    ] = ""
    team: Annotated[
        str,
        setting(
            {"en": "Team", "ru": "Команда"},
            help={"en": "Empty: the group gives no team.", "ru": "Пусто: группа не даёт команды."},
            max_length=120,
        ),
    ] = ""


class OidcSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One OpenID provider."""

    issuer: Annotated[
        str,
        setting(
            {"en": "Issuer", "ru": "Адрес провайдера (issuer)"},
            help={
                "en": "The provider's address, exactly as it names itself: https://login.example.com/realms/crm",
                "ru": "Адрес провайдера точно как он сам себя называет: https://login.example.com/realms/crm",
            },
            max_length=300,
            pattern=r"^(https?://[^\s?#]+)?$",
        ),
    ] = ""
    client_id: Annotated[str, setting({"en": "Client ID", "ru": "ID клиента"}, max_length=300)] = ""
    client_secret: Annotated[
        Secret,
        setting(
            {"en": "Client secret", "ru": "Секрет клиента"},
            help={
                "en": "Empty for a public client.",
                "ru": "Пусто для публичного клиента.",
            },
            max_length=500,
        ),
    ] = ""
    name: Annotated[
        str,
        setting(
            {"en": "Name on the button", "ru": "Название на кнопке"},
            help={"en": "Sign in with …", "ru": "Войти через …"},
            max_length=40,
        ),
    ] = "OpenID"
    scopes: Annotated[
        str,
        setting({"en": "Scopes", "ru": "Запрашиваемые права (scopes)"}, max_length=300),
    ] = "openid email profile"
    groups_claim: Annotated[
        str,
        setting(
            {"en": "Claim with the groups", "ru": "Поле с группами"},
            help={
                "en": "A dot leads inside: realm_access.roles",
                "ru": "Точка ведёт внутрь: realm_access.roles",
            },
            max_length=100,
        ),
    ] = "groups"
    create_users: Annotated[
        bool,
        setting(
            {"en": "Make users who are not there yet", "ru": "Создавать пользователей, которых ещё нет"},
            help={
                "en": "Only with a verified address of the domains below.",
                "ru": "Только с подтверждённым адресом из доменов ниже.",
            },
        ),
    ] = False
    link_by_email: Annotated[
        bool,
        setting(
            {
                "en": "Link users by their verified address",
                "ru": "Привязывать пользователей по подтверждённому адресу",
            },
            help={
                "en": "Switch it on only for a provider that verifies addresses itself: who controls it is any of "
                "your users. Otherwise people link themselves in their settings.",
                "ru": "Включайте только для провайдера, который сам проверяет адреса: управляющий им становится "
                "любым из ваших пользователей. Иначе люди привязывают себя сами в настройках.",
            },
        ),
    ] = False
    domains: Annotated[
        list[Annotated[str, setting({"en": "Domain", "ru": "Домен"}, max_length=253)]],
        setting(
            {"en": "Domains of addresses", "ru": "Домены адресов"},
            help={
                "en": "Only verified addresses of these domains come in. Empty: any.",
                "ru": "Пускать только с подтверждёнными адресами этих доменов. Пусто: любые.",
            },
            max_length=50,
        ),
    ] = []
    required_group: Annotated[
        str,
        setting(
            {"en": "Only members of the group", "ru": "Только участники группы"},
            max_length=200,
        ),
    ] = ""
    groups: Annotated[
        list[GroupRule],
        setting(
            {"en": "Groups", "ru": "Группы"},
            help={
                "en": "The first rule with a role that fits decides the role; teams come from all rules that fit. "
                "They are set at every sign-in.",
                "ru": "Роль определяет первое подходящее правило с ролью; команды — все подходящие правила. "
                "Они задаются при каждом входе.",
            },
            max_length=100,
        ),
    ] = []

    @property
    def configured(self) -> bool:
        """Tell whether there is a provider to go to."""
        return bool(self.issuer and self.client_id)
