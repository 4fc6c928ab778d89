"""An OpenID provider: a real HTTP server with keys of its own, which can lie in every way that matters."""

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

CLIENT, SECRET = "crm", "the client's secret"


class Provider:
    """``person`` is who sits in front of it; ``claims`` are put over those of its tokens."""

    def __init__(self, server: HTTPServer, now: Any) -> None:
        self.server = server
        self.now = now
        self.issuer = server.url_for("/realms/crm")
        self.key = self.new_key()
        self.person: dict[str, Any] = {"sub": "u-1", "email": "anna@example.com", "email_verified": True}
        self.claims: dict[str, Any] = {}
        self.calls: list[str] = []
        self.signing = "RS256"
        self.metadata: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        for path, answer in (
            ("/realms/crm/.well-known/openid-configuration", self._describe),
            ("/keys", self._keys),
            ("/token", self._token),
            ("/userinfo", self._userinfo),
        ):
            server.expect_request(path).respond_with_handler(answer)

    @staticmethod
    def new_key() -> RSAKey:
        return RSAKey.generate_key(2048, {"use": "sig", "kid": secrets.token_hex(4)}, private=True)

    def authorize(self, url: str) -> str:
        """Sign the person in and return the address that the browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(self.server.url_for("/authorize"))
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split() and asked["client_id"] == CLIENT
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def _describe(self, request: Request) -> Response:
        self.calls.append("metadata")
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": self.server.url_for("/authorize"),
            "token_endpoint": self.server.url_for("/token"),
            "jwks_uri": self.server.url_for("/keys"),
            "userinfo_endpoint": self.server.url_for("/userinfo"),
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
        }
        return _json(document | self.metadata)

    def _keys(self, request: Request) -> Response:
        self.calls.append("keys")
        return _json({"keys": [self.key.as_dict(private=False)]})

    def _token(self, request: Request) -> Response:
        self.calls.append("token")
        form = request.form
        asked = self.codes.pop(form["code"], None)
        if asked is None:
            return _json({"error": "invalid_grant"}, 400)
        wanted = base64.b64encode(
            f"{CLIENT}:{SECRET.replace(' ', '%20').replace(chr(39), '%27')}".encode()
        ).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            return _json({"error": "invalid_client"}, 401)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return _json({"error": "invalid_grant"}, 400)
        return _json(
            {"access_token": "at-1", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}
        )

    def _userinfo(self, request: Request) -> Response:
        self.calls.append("userinfo")
        assert request.headers["authorization"] == "Bearer at-1"
        return _json({"sub": "u-1", "email": "anna@example.com", "email_verified": True})

    def id_token(self, nonce: str) -> str:
        """Return a token as it is signed now: properly, with our own secret, or not at all."""
        now = int(self.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {
            name: value for name, value in (claims | self.person | self.claims).items() if value is not None
        }
        if self.signing == "none":
            head, body = (
                base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
                for part in ({"alg": "none", "kid": self.key.kid}, claims)
            )
            return f"{head}.{body}."
        if self.signing == "HS256":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET * 3), algorithms=["HS256"])
        if self.signing == "confused":
            # The public key, known to everybody, as if it were a shared secret.
            pem = self.key.as_pem(private=False).replace(b"-", b"_")
            return jwt.encode(
                {"alg": "HS256", "kid": self.key.kid}, claims, OctKey.import_key(pem), algorithms=["HS256"]
            )
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")
