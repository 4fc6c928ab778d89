"""What the provider says about itself: its addresses (OpenID Connect Discovery 1.0) and its keys."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from crm_oidc import trouble
from crm_oidc.settings import OidcSettings
from crmcore import HttpAnswer, OutgoingFailed, OutgoingRefused, PluginContext

TIMEOUT_S = 8.0
FRESH = timedelta(hours=1)
# An unknown key makes us look again, but nobody makes us look again all the time.
KEYS_AT_MOST_EVERY = timedelta(seconds=30)

Answer = TypeVar("Answer")


class Metadata(Struct, frozen=True, kw_only=True):
    """What we use of ``/.well-known/openid-configuration``."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Remembered(Struct, frozen=True, kw_only=True):
    """Something of the provider's, when it was fetched, and for which issuer."""

    issuer: str
    at: datetime
    value: dict[str, Any]


async def metadata(plugin: PluginContext, *, fresh: bool = False) -> Metadata:
    """Return the provider's addresses, at most an hour old. Raises Refusal."""
    settings: OidcSettings = plugin.settings
    kept = await _kept(plugin, "metadata")
    if kept is not None and not fresh and abs(plugin.now() - kept.at) < FRESH:
        return msgspec.convert(kept.value, Metadata)
    address = f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"
    found = decoded(await ask(plugin, "GET", address), Metadata, "discovery")
    # A provider that vouches for another issuer would vouch for anybody (Discovery §4.3).
    if found.issuer != settings.issuer:
        raise trouble.refusal("other_issuer", trouble.OTHER_ISSUER, issuer=found.issuer[:300])
    await _keep(plugin, "metadata", msgspec.to_builtins(found))
    return found


async def keys(plugin: PluginContext, address: str, *, anew: bool = False) -> dict[str, Any]:
    """Return the provider's keys (a JWK Set); ``anew`` when one was used that is not among them."""
    kept = await _kept(plugin, "keys")
    age = abs(plugin.now() - kept.at) if kept is not None else FRESH
    if kept is not None and age < (KEYS_AT_MOST_EVERY if anew else FRESH):
        return kept.value
    found = decoded(await ask(plugin, "GET", address), dict[str, Any], "keys")
    if not isinstance(found.get("keys"), list) or len(found["keys"]) > 50:
        raise trouble.refusal("keys", trouble.NOT_UNDERSTOOD, what="keys")
    value = {
        "keys": [key for key in found["keys"] if isinstance(key, dict) and key.get("use", "sig") == "sig"]
    }
    await _keep(plugin, "keys", value)
    return value


async def ask(plugin: PluginContext, method: str, address: str, **more: Any) -> HttpAnswer:
    """Send one request to the provider. Raises Refusal when there is no answer."""
    try:
        return await plugin.http.request(method, address, timeout_s=TIMEOUT_S, **more)
    except (OutgoingFailed, OutgoingRefused) as error:
        plugin.log.warning("provider not reached", reason=str(error))
        raise trouble.refusal("unreachable", trouble.UNREACHABLE) from error


def decoded(answer: HttpAnswer, shape: type[Answer], what: str) -> Answer:
    """Return the document of a good answer. Raises Refusal."""
    if answer.status != 200:
        raise trouble.refusal("status", trouble.NOT_UNDERSTOOD, what=f"{what}: {answer.status}")
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise trouble.refusal("document", trouble.NOT_UNDERSTOOD, what=what) from error


async def _kept(plugin: PluginContext, name: str) -> Remembered | None:
    stored = await plugin.store.get(name)
    if stored is None:
        return None
    try:
        kept = msgspec.convert(stored, Remembered)
    except msgspec.ValidationError:
        return None
    return kept if kept.issuer == plugin.settings.issuer else None


async def _keep(plugin: PluginContext, name: str, value: dict[str, Any]) -> None:
    kept = Remembered(issuer=plugin.settings.issuer, at=plugin.now(), value=value)
    await plugin.store.set(name, msgspec.to_builtins(kept))
