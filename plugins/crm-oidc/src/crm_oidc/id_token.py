"""The ID token: whose signature, for whom, until when, in answer to what (OpenID Connect Core §3.1.3.7)."""

from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from crm_oidc import trouble
from crm_oidc.provider import Metadata, keys
from crm_oidc.settings import OidcSettings
from crmcore import PluginContext

# Signatures by a key that only the provider has. Nothing unsigned, and nothing signed with our own secret, which
# would make every reader of the settings a provider.
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
# Between two clocks that are kept by NTP, and a bit.
LEEWAY_S = 60
LONGEST = 16_000


async def claims_of(
    plugin: PluginContext, provider: Metadata, token: str, *, nonce: str, access_token: str
) -> dict[str, Any]:
    """Return the claims of a token that holds in every respect. Raises Refusal with what does not."""
    settings: OidcSettings = plugin.settings
    allowed = [name for name in ALGORITHMS if name in provider.id_token_signing_alg_values_supported]
    if len(token) > LONGEST:
        raise _invalid("length")
    decoded = None
    for anew in (False, True):
        found = await keys(plugin, provider.jwks_uri, anew=anew)
        try:
            decoded = jwt.decode(token, KeySet.import_key_set(found), algorithms=allowed)  # type: ignore[arg-type]
            break
        except (JoseError, ValueError, TypeError, KeyError) as error:
            # A key that we do not know yet: the provider may have changed its keys a moment ago.
            if anew:
                raise _invalid(getattr(error, "error", "") or type(error).__name__) from error
    if decoded is None:
        raise _invalid("signature")
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": settings.client_id},
            "sub": {"essential": True},
            "nonce": {"essential": True, "value": nonce},
        },
        params={"nonce": nonce, "client_id": settings.client_id, "access_token": access_token},
    )
    try:
        claims.validate(now=int(plugin.now().timestamp()), leeway=LEEWAY_S)
    except (JoseError, ValueError, TypeError) as error:
        raise _invalid(str(error)) from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise _invalid("sub")
    return dict(claims)


def _invalid(what: str) -> Exception:
    return trouble.refusal("id_token", trouble.BAD_TOKEN, what=what[:120])
