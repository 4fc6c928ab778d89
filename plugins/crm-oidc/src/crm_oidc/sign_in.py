"""The authorization code flow with PKCE: there and back."""

import base64
import secrets
from typing import Any
from urllib.parse import quote

import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from msgspec import Struct

from crm_oidc import trouble
from crm_oidc.claims import identity_of
from crm_oidc.id_token import claims_of
from crm_oidc.provider import Metadata, ask, decoded, metadata
from crm_oidc.settings import OidcSettings
from crmcore import Departure, ExternalIdentity, Label, PluginContext, SignInReturn, SignInStart


class Tokens(Struct, frozen=True, kw_only=True):
    """What we use of the token endpoint's answer."""

    id_token: str
    access_token: str = ""


class OAuthError(Struct, frozen=True, kw_only=True):
    """A refusal of the token endpoint (RFC 6749 §5.2)."""

    error: str = ""


def button(plugin: PluginContext) -> Label:
    """Return what stands on the button; nothing while no provider is set up."""
    settings: OidcSettings = plugin.settings
    if not settings.configured:
        return ""
    name = settings.name.strip() or "OpenID"
    return {"en": f"Sign in with {name}", "ru": f"Войти через {name}"}


async def start(start: SignInStart, plugin: PluginContext) -> Departure:
    """Return the provider's address, with a nonce and a PKCE challenge of our own. Raises Refusal."""
    settings: OidcSettings = plugin.settings
    if not settings.configured:
        raise trouble.refusal("not_set_up", trouble.NOT_SET_UP)
    provider = await metadata(plugin)
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    url = prepare_grant_uri(
        provider.authorization_endpoint,
        client_id=settings.client_id,
        response_type="code",
        redirect_uri=start.return_url,
        scope=_scope(settings),
        state=start.state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        ui_locales=start.language,
    )
    return Departure(url=url, memory={"nonce": nonce, "verifier": verifier})


async def finish(arrival: SignInReturn, plugin: PluginContext) -> ExternalIdentity:
    """Redeem the code and return whom the ID token names. Raises Refusal."""
    settings: OidcSettings = plugin.settings
    if not settings.configured:
        raise trouble.refusal("not_set_up", trouble.NOT_SET_UP)
    provider = await metadata(plugin)
    query = arrival.query
    # RFC 9207: an answer of another provider, whose code would be handed to ours.
    if query.get("iss", provider.issuer) != provider.issuer:
        raise trouble.refusal("iss", trouble.BAD_TOKEN, what="iss")
    if "error" in query or not query.get("code"):
        # What it says comes from an address anybody can make: a word of the known form, nothing else.
        word = query.get("error", "no code")[:60]
        reason = word if word.replace("_", "").isalnum() and word.isascii() else "error"
        raise trouble.refusal("said_no", trouble.SAID_NO, reason=reason)
    tokens = await _redeem(plugin, provider, arrival)
    claims = await claims_of(
        plugin,
        provider,
        tokens.id_token,
        nonce=arrival.memory.get("nonce", "") or secrets.token_urlsafe(),
        access_token=tokens.access_token,
    )
    if "email" not in claims and provider.userinfo_endpoint and tokens.access_token:
        claims = await _with_userinfo(plugin, provider, tokens.access_token, claims)
    return identity_of(claims, provider.issuer, settings)


async def _redeem(plugin: PluginContext, provider: Metadata, arrival: SignInReturn) -> Tokens:
    settings: OidcSettings = plugin.settings
    form = {
        "grant_type": "authorization_code",
        "code": arrival.query["code"],
        "redirect_uri": arrival.return_url,
        "code_verifier": arrival.memory.get("verifier", ""),
    }
    headers = {"accept": "application/json"}
    methods = provider.token_endpoint_auth_methods_supported
    if settings.client_secret and "client_secret_basic" not in methods and "client_secret_post" in methods:
        form |= {"client_id": settings.client_id, "client_secret": settings.client_secret}
    elif settings.client_secret:
        headers["authorization"] = _basic(settings.client_id, settings.client_secret)
    else:
        form["client_id"] = settings.client_id
    answer = await ask(plugin, "POST", provider.token_endpoint, headers=headers, data=form)
    if answer.status in (400, 401):
        error = _error_in(answer.body)
        if error == "invalid_client" or answer.status == 401:
            raise trouble.refusal("invalid_client", trouble.BAD_CLIENT)
        raise trouble.refusal("said_no", trouble.SAID_NO, reason=error or str(answer.status))
    return decoded(answer, Tokens, "tokens")


def _error_in(body: bytes) -> str:
    """Return the word of a refusal (``invalid_grant``), nothing when there is none."""
    try:
        word = msgspec.json.decode(body, type=OAuthError).error[:60]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    return word if word.replace("_", "").isalnum() else ""


async def _with_userinfo(
    plugin: PluginContext, provider: Metadata, access_token: str, claims: dict[str, Any]
) -> dict[str, Any]:
    answer = await ask(
        plugin,
        "GET",
        provider.userinfo_endpoint,
        headers={"authorization": f"Bearer {access_token}", "accept": "application/json"},
    )
    found = decoded(answer, dict[str, Any], "userinfo")
    # Core §5.3.2: what is said about somebody else is not used.
    if found.get("sub") != claims["sub"]:
        raise trouble.refusal("userinfo", trouble.BAD_TOKEN, what="userinfo sub")
    return {**found, **claims}


def _scope(settings: OidcSettings) -> str:
    wanted = settings.scopes.split() or ["openid"]
    return " ".join(wanted if "openid" in wanted else ["openid", *wanted])


def _basic(client_id: str, secret: str) -> str:
    # RFC 6749 §2.3.1: both are form-encoded first.
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
