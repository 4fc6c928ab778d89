"""Single sign-on with an OpenID provider."""

from crm_oidc.claims import admission_of
from crm_oidc.connection import check_connection
from crm_oidc.settings import OidcSettings
from crm_oidc.sign_in import button, finish, start
from crmcore import Admission, Authenticator, ExternalIdentity, PluginContext, Settings, hookimpl


@hookimpl
def register_settings() -> Settings:
    """Return which provider, with the connection test."""
    return Settings(
        type=OidcSettings,
        title={"en": "Single sign-on (OpenID Connect)", "ru": "Единый вход (OpenID Connect)"},
        help={
            "en": "People sign in at your provider: Keycloak, Entra ID, Google Workspace, Okta, authentik … Test the "
            "connection to see the address to register there.",
            "ru": "Люди входят через вашего провайдера: Keycloak, Entra ID, Google Workspace, Okta, authentik… "
            "Проверка связи покажет адрес, который нужно там зарегистрировать.",
        },
        check=check_connection,
    )


@hookimpl
def register_authenticator() -> Authenticator:
    """Return the button and the way to the provider and back."""
    return Authenticator(button=button, start=start, finish=finish, icon="key")


@hookimpl
def authenticate(identity: ExternalIdentity, plugin: PluginContext) -> Admission | None:
    """Say whether and as whom somebody comes in whom our provider has recognised."""
    if identity.provider != plugin.name:
        return None
    return admission_of(identity, plugin.settings)
