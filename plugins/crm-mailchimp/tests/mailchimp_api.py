"""Mailchimp at the other end: every request is checked against its specification, answers look like recorded ones."""

import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import pytest
from crm_mailchimp.standin.members import KeptMember
from crm_mailchimp.standin.service import StandInService, encoded

from crmcore import HttpAnswer

REPOSITORY = Path(__file__).parents[3]
KEY = "0123456789abcdef0123456789abcdef-us3"
AUDIENCE = "a36b032126"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
JSON = {"content-type": "application/json; charset=utf-8"}
PROBLEM = {"content-type": "application/problem+json; charset=utf-8"}
ROOT = "https://us3.api.mailchimp.com/3.0"
NEW_IN_2026 = {"signing_enabled"}
"""What Mailchimp has added since the specification was published."""

_PAGED = {"fields": (), "exclude_fields": (), "count": (), "offset": ()}
REPORTS: dict[str, dict[str, tuple[str, ...]]] = {
    "/campaigns": {
        **_PAGED,
        "status": ("save", "paused", "schedule", "sending", "sent"),
        "since_send_time": (),
        "list_id": (),
        "sort_field": ("create_time", "send_time"),
        "sort_dir": ("ASC", "DESC"),
    },
    "/reports/*/sent-to": _PAGED,
    "/reports/*/email-activity": {**_PAGED, "since": ()},
}
"""Parameters and their choices of what the specification at hand leaves out, from Mailchimp's reference:
https://mailchimp.com/developer/marketing/api/campaigns/list-campaigns/, …/sent-to-reports/list-campaign-recipients/,
…/email-activity-reports/list-email-activity/."""

Asked = tuple[str, str, Any]


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
        headers = {name.lower(): value for name, value in exchange["headers"].items()}
        return HttpAnswer(status=status, headers=headers, body=json.dumps({**response, **changes}).encode())
    raise LookupError(f"{method} {status} {title} was never recorded")


@cache
def recorded_member() -> dict[str, Any]:
    """Return a member as the live API answered it."""
    for exchange in recordings():
        response = exchange["response"]
        if exchange["method"] == "PUT" and exchange["status"] == 200 and "merge_fields" in response:
            member: dict[str, Any] = response
            return member
    raise LookupError("no recorded member")


class _Service(StandInService):
    """Shows members in all their recorded length."""

    def shown(self, member: KeptMember) -> dict[str, Any]:
        """Return the recorded member with this one's values."""
        return {**recorded_member(), **super().shown(member)}


class Mailchimp:
    """The client of a workspace, with one audience behind it. ``asked`` are all requests but for ``reports``."""

    def __init__(self, clock: Callable[[], datetime], *, checked: bool = True) -> None:
        kind = _Service if checked else StandInService
        self.service = kind(key=KEY, audience=AUDIENCE, name="Grouparoo", clock=clock)
        self.checked = checked
        self.asked: list[Asked] = []
        self.reports: list[Asked] = []
        self.instead: dict[str, HttpAnswer | Exception] = {}
        """Answers instead of Mailchimp's own: by method, or by ``METHOD last part of the path``."""
        self.at_once = self.most_at_once = 0

    def logging_to(self, log: object) -> "Mailchimp":
        """Return itself, where the core's client would return one that logs for the plugin."""
        return self

    async def aclose(self) -> None:
        """Close nothing."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | bytes | None = None,
        timeout_s: float = 10.0,
        max_bytes: int | None = None,
    ) -> HttpAnswer:
        """Answer one request."""
        assert data is None
        if url.startswith(self.service.batches.address):
            assert headers is None, "the key goes to Mailchimp alone"
            self.asked.append((method, "results", None))
            if isinstance(instead := self.instead.get("GET results"), HttpAnswer):
                return instead
            id = url.rpartition("/")[2].partition("-")[0]
            return HttpAnswer(status=200, headers={}, body=self.service.batches.archive(id))
        assert url.startswith(f"{ROOT}/")
        target = url.removeprefix(ROOT)
        # Mailings are read every half an hour, whatever a test is about.
        of_mailings = target.startswith(("/campaigns", "/reports"))
        (self.reports if of_mailings else self.asked).append((method, target, json))
        instead = self.instead.get(f"{method} {target.partition('?')[0].rpartition('/')[2]}") or (
            self.instead.get(method)
        )
        if isinstance(instead, Exception):
            raise instead
        if instead is not None:
            return instead
        if self.checked:
            self._check(method, target, json)
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        status, found = self.service.answer(method, target, sent, json)
        body = encoded(found)
        assert len(body) <= (max_bytes or 1_000_000)
        return HttpAnswer(status=status, headers=JSON if status < 400 else PROBLEM, body=body)

    def methods(self) -> list[str]:
        """Return the requests so far, as ``PUT member``."""
        return [f"{method} {_kind(target)}" for method, target, _ in self.asked]

    def _check(self, method: str, target: str, body: Any) -> None:
        if target != "/ping":
            check_against_specification(method, target, body)
        for operation in body["operations"] if target == "/batches" else ():
            check_against_specification(
                operation["method"], operation["path"], json.loads(operation["body"]), operation.get("params")
            )


def _kind(target: str) -> str:
    path = target.partition("?")[0]
    return re.sub(r"^/lists/\w+", "", re.sub(r"[0-9a-f]{32}", "*", path)) or "/"


def _choices(enum: list[Any]) -> set[Any]:
    """Return the values of an enum; those of lists are written as lists of one."""
    return {tuple(value) if isinstance(value, list) else value for value in enum}


def check_against_specification(
    method: str, target: str, body: Any, params: Mapping[str, str] | None = None
) -> None:
    """Fail unless the request is one that the specification describes."""
    bare, _, query = target.partition("?")
    if (report := re.sub(r"/reports/\w+/", "/reports/*/", bare)) in REPORTS:
        assert method == "GET" and body is None
        for name, value in parse_qsl(query):
            assert not (choices := REPORTS[report][name]) or value in choices
        return
    for template, operations in specification()["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if re.fullmatch(pattern, bare) and method.lower() in operations:
            parameters = operations[method.lower()].get("parameters", [])
            break
    else:
        raise AssertionError(f"{method} {bare} is not in the specification")
    known = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}
    for name, value in [*parse_qsl(query), *(params or {}).items()]:
        assert name in known, f"{method} {bare} has no parameter {name}"
        for part in value.split(",") if known[name].get("type") == "array" else [value]:
            assert known[name].get("enum") is None or {part, (part,)} & _choices(known[name]["enum"])
        if known[name].get("type") == "integer":
            assert 0 <= int(value) <= known[name].get("maximum", 10**9)
    schemas = [parameter["schema"] for parameter in parameters if parameter["in"] == "body"]
    assert bool(schemas) == (body is not None)
    for schema in schemas:
        errors = [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(body)]
        assert errors == []
        assert set(body) - NEW_IN_2026 <= set(schema["properties"])
