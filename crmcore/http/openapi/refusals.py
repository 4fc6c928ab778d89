"""The error answers that every operation shares."""

from typing import Any

from crmcore.contracts.labels import text_of
from crmcore.errors import CrmError
from crmcore.http.operation import Operation, Schema, reference
from crmcore.http.problems import TITLES

NAMES = {
    400: "BadRequest",
    401: "NotSignedIn",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    413: "TooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "ServerError",
    503: "Unavailable",
}
EXPLAINED = {
    400: "The request cannot be understood.",
    401: "Nobody is signed in, or the token is not valid.",
    403: "The permission is missing, or the request came from another site.",
    404: "There is no such thing, or it is not yours to see.",
    409: "Somebody changed it meanwhile (`current` has what is stored), or the same key is being worked on.",
    413: "The body has more than 1 MB.",
    415: "The body is not application/json in UTF-8.",
    422: "Understood, but not acceptable: `errors` say what is wrong where.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "A fault of ours, logged under `request_id`.",
    503: "The database does not answer; `Retry-After` says when to come back.",
}
HEADERS: dict[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}


def refusals_of(operation: Operation) -> dict[str, Schema]:
    """Return the error answers of ``operation`` by status."""
    statuses = {500, 503, *operation.refusals}
    if not (operation.public or operation.signed):
        # 400 and 422: a query that cannot be read, and a parameter that there is not.
        statuses |= {400, 401, 403, 422}
    if operation.body is not None:
        statuses |= {400, 413} if operation.signed else {400, 413, 415, 422}
    if operation.idempotency:
        statuses |= {400, 409, 422}
    statuses -= {answer.status for answer in (operation.success, *operation.others)}
    return {str(status): {"$ref": f"#/components/responses/{NAMES[status]}"} for status in sorted(statuses)}


def shared_refusals() -> dict[str, Any]:
    """Return the component responses."""
    return {name: _response(status) for status, name in NAMES.items()}


def _response(status: int) -> dict[str, Any]:
    named = ("X-Request-ID", *HEADERS.get(status, ()))
    example: dict[str, Any] = {
        "type": f"/api/docs#{_code(status)}",
        "title": text_of(TITLES[status]),
        "status": status,
        "detail": EXPLAINED[status].replace("`", ""),
        "code": _code(status),
    }
    if status == 422:
        entry = {"path": "/emails/0", "code": "email", "message": "This is not an e-mail address."}
        example["errors"] = [entry | {"plugin": "validators"}]
    return {
        "description": EXPLAINED[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in named},
        "content": {"application/problem+json": {"schema": reference("Problem"), "example": example}},
    }


def _code(status: int) -> str:
    codes = {entry["code"] for entry in known_codes() if entry["status"] == status}
    preferred = ("bad_request", "not_found", "version_conflict", "invalid", "forbidden")
    return next((code for code in preferred if code in codes), min(codes, default="problem"))


def known_codes() -> list[dict[str, Any]]:
    """Return every kind of refusal that the program knows: its code, status and English sentence."""
    found: dict[str, dict[str, Any]] = {}
    kinds: list[type[CrmError]] = [CrmError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        found.setdefault(kind.code, {"code": kind.code, "status": kind.status, "text": text_of(kind.message)})
    return sorted(found.values(), key=lambda entry: (entry["status"], entry["code"]))
