"""What the plugin shows of itself to be checked: a provider, and what it answers."""

from crmcore.testing import RecordedHttp, Samples

ISSUER = "https://login.example.com/realms/crm"


def provider(http: RecordedHttp) -> None:
    """Answer as a provider describes itself."""
    http.answer(
        f"{ISSUER}/.well-known/openid-configuration",
        json={
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        },
    )
    http.answer(f"{ISSUER}/keys", json={"keys": []})


SAMPLES = Samples(
    settings={"issuer": ISSUER, "client_id": "crm", "client_secret": "a-secret-of-the-samples"}, http=provider
)
