"""A stand-in for Mailchimp: requests are checked against its specification, answers are recorded ones."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import pytest

from crmcore import HttpAnswer

REPOSITORY = Path(__file__).parents[3]
KEY = "0123456789abcdef0123456789abcdef-us3"
AUDIENCE = "a36b032126"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PROBLEM = {"content-type": "application/problem+json; charset=utf-8"}


def oracles() -> Path:
    """Return the folder of official material about Mailchimp, or skip with a visible reason."""
    folder = Path(os.environ.get("CRMCORE_ORACLES", REPOSITORY / ".." / "shared" / "oracles")) / "mailchimp"
    if not folder.is_dir():
        pytest.skip(f"no Mailchimp specification at {folder}: set CRMCORE_ORACLES")
    return folder


@cache
def specification() -> dict[str, Any]:
    """Return the paths of the Marketing API (Swagger 2)."""
    text = (oracles() / "marketing-lists-3.0.55.swagger2.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def recordings() -> list[dict[str, Any]]:
    """Return the recorded exchanges with the live API."""
    exchanges: list[dict[str, Any]] = json.loads(
        (oracles() / "recorded-http.json").read_text(encoding="utf-8")
    )
    return exchanges


def recorded_answer(method: str, status: int, title: str = "", /, **changes: Any) -> HttpAnswer:
    """Return a recorded answer to such a request, with ``changes`` to its top level."""
    for exchange in recordings():
        response = exchange["response"]
        if (exchange["method"], exchange["status"]) != (method, status) or not isinstance(response, dict):
            continue
        if title and response.get("title") != title:
            continue
        if method == "PUT" and status == 200 and "merge_fields" not in response:
            continue
        headers = {name.lower(): value for name, value in exchange["headers"].items()}
        return HttpAnswer(status=status, headers=headers, body=json.dumps({**response, **changes}).encode())
    raise LookupError(f"{method} {status} {title} was never recorded")


class Mailchimp:
    """Keeps the members of one audience as Mailchimp does."""

    def __init__(self) -> None:
        self.members: dict[str, str] = {}
        self.changed: list[str] = []
        """The addresses of those that changed by themselves."""
        self.asked: list[tuple[str, str, Any]] = []
        self.instead: dict[str, HttpAnswer | Exception] = {}

    def logging_to(self, log: object) -> "Mailchimp":
        """Return itself, where the core's client would return one that logs for the plugin."""
        return self

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | bytes | None = None,
        timeout_s: float = 10.0,
    ) -> HttpAnswer:
        """Answer one request."""
        assert data is None
        assert timeout_s <= 30
        assert url.startswith("https://us3.api.mailchimp.com/3.0/")
        path = url.removeprefix("https://us3.api.mailchimp.com/3.0")
        self.asked.append((method, path, json))
        if (instead := self.instead.get(method)) is not None:
            if isinstance(instead, Exception):
                raise instead
            return instead
        if not _logged_in(headers or {}):
            return _problem(401, "API Key Invalid")
        if path == "/ping":
            return HttpAnswer(
                status=200,
                headers={"content-type": "application/json; charset=utf-8"},
                body=b'{"health_status":"Everything\'s Chimpy!"}',
            )
        _check_against_specification(method, path, json)
        bare, _, query = path.partition("?")
        return self._do(method, bare, dict(parse_qsl(query)), json)

    def _do(self, method: str, path: str, query: Mapping[str, str], body: Any) -> HttpAnswer:
        if not path.startswith(f"/lists/{AUDIENCE}"):
            return recorded_answer("GET", 404)
        if (method, path) == ("GET", f"/lists/{AUDIENCE}"):
            audience = next(one for one in _recorded_audiences() if one["id"] == AUDIENCE)
            return HttpAnswer(status=200, headers={}, body=json.dumps(audience).encode())
        if path.endswith("/actions/delete-permanent"):
            gone = self.members.pop(path.split("/")[4], None)
            return HttpAnswer(status=204, headers={}, body=b"") if gone else recorded_answer("GET", 404)
        if (method, path) == ("GET", f"/lists/{AUDIENCE}/members"):
            start, count = int(query["offset"]), int(query["count"])
            changed = [
                {"email_address": address, "status": self.members[member_of(address)]}
                for address in self.changed[start : start + count]
            ]
            body = {"members": changed, "total_items": len(self.changed)}
            return HttpAnswer(status=200, headers={}, body=json.dumps(body).encode())
        subscriber = path.rpartition("/")[2]
        if method == "GET" and subscriber not in self.members:
            return recorded_answer("GET", 404)
        if method == "PATCH":
            if subscriber not in self.members:
                return recorded_answer("GET", 404)
            self.members[subscriber] = body["status"]
        elif method == "PUT":
            assert hashlib.md5(body["email_address"].lower().encode()).hexdigest() == subscriber
            self.members.setdefault(subscriber, body["status_if_new"])
        return recorded_answer("PUT", 200, id=subscriber, status=self.members[subscriber])


def member_of(address: str) -> str:
    """Return the id of the member with this address."""
    return hashlib.md5(address.lower().encode()).hexdigest()


def _logged_in(headers: Mapping[str, str]) -> bool:
    scheme, _, login = headers.get("Authorization", "").partition(" ")
    return scheme == "Basic" and base64.b64decode(login).decode().endswith(f":{KEY}")


def _recorded_audiences() -> list[dict[str, Any]]:
    for exchange in recordings():
        if exchange["url"].endswith("/lists") and exchange["status"] == 200:
            audiences: list[dict[str, Any]] = exchange["response"]["lists"]
            return audiences
    raise LookupError("no recorded audiences")


def _check_against_specification(method: str, path: str, body: Any) -> None:
    """Fail unless the request is one that the specification describes."""
    bare, _, query = path.partition("?")
    for template, operations in specification()["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if re.fullmatch(pattern, bare) and method.lower() in operations:
            parameters = operations[method.lower()].get("parameters", [])
            break
    else:
        raise AssertionError(f"{method} {bare} is not in the specification")
    known = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    assert {name for name, _ in parse_qsl(query)} <= known
    schemas = [parameter["schema"] for parameter in parameters if parameter["in"] == "body"]
    assert bool(schemas) == (body is not None)
    for schema in schemas:
        errors = [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(body)]
        assert errors == []
        assert set(body) <= set(schema["properties"])


def _problem(status: int, title: str) -> HttpAnswer:
    document = {"title": title, "status": status, "detail": title}
    return HttpAnswer(status=status, headers=PROBLEM, body=json.dumps(document).encode())
