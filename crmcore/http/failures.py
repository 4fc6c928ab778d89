"""Whatever a handler raises becomes a problem document or a page; what we did not foresee is logged."""

import errno
import re
from traceback import format_exception
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import structlog
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.response import Response

from crmcore.contracts.problems import InvalidValue, Refusal
from crmcore.database.errors import ValueMissing, ValueRefused
from crmcore.errors import CrmError, Invalid, NotSignedIn, TooLarge, Unavailable
from crmcore.http.answers import PROBLEM, encode
from crmcore.http.documents import MAX_BODY
from crmcore.http.languages import LANGUAGES, preferred
from crmcore.http.pages import error_page
from crmcore.http.problems import problem_document
from crmcore.http.refusals import (
    ClientGone,
    DiskFault,
    DiskFull,
    NoMethod,
    NoRoute,
    PluginFault,
    ServerFault,
    Unstorable,
    UnsupportedMedia,
)
from crmcore.plugins.failures import PluginFailed

if TYPE_CHECKING:
    from crmcore.workspace import Crm

LONG_NUMBER = re.compile(r"\d[\d \-]{7,}\d")
TOKEN = re.compile(r"crm_[A-Za-z0-9_\-]+")
HTML = "text/html"
# What a disk says that is full, broken, or was mounted again for reading alone.
DISK_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
PROGRAM_PATHS = ("/api/", "/hooks/", "/health/")


def answer_failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Return the answer for ``error``: the one exception handler of the app."""
    refusal = understand(error, request)
    if refusal.status >= 500 and (not isinstance(refusal, Unavailable) or isinstance(error, OSError)):
        log_failure(request, error)
    status, document, headers = failure_document(request, refusal)
    if not request.scope["path"].startswith(PROGRAM_PATHS) and "text/html" in request.headers.get(
        "accept", ""
    ):
        return _page(request, refusal, document, headers)
    return Response(encode(document), status_code=status, headers=headers, media_type=PROBLEM)


def failure_document(
    request: Request[Any, Any, Any], refusal: CrmError
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return the status, problem document and headers that answer ``refusal`` in the asker's language."""
    crm: Crm = request.app.state.crm
    state = request.scope["state"]
    document = problem_document(
        refusal, _language(request), base_url=crm.settings.base_url, request_id=state.get("request_id", "")
    )
    headers = dict(refusal.headers)
    if isinstance(refusal, Unavailable):
        headers.setdefault("Retry-After", "1")
    if refusal.status == 401:
        scheme = "Signature" if refusal.code == "forged" else "Bearer"
        headers.setdefault("WWW-Authenticate", f'{scheme} realm="crmcore"')
    return refusal.status, document, headers


def understand(error: Exception, request: Request[Any, Any, Any]) -> CrmError:
    """Return the refusal that stands for ``error``; what nobody foresaw is a fault of ours."""
    if isinstance(error, CrmError):
        return error
    if isinstance(error, InvalidValue):
        return Invalid(problems=(error.problem(),))
    if isinstance(error, Refusal):
        return Invalid(problems=tuple(error.problems))
    if isinstance(error, ValueRefused | ValueMissing):
        return Unstorable()
    if isinstance(error, OSError) and error.errno in DISK_FAULTS:
        return DiskFull() if error.errno in (errno.ENOSPC, errno.EDQUOT) else DiskFault()
    if isinstance(error, PluginFailed):
        return PluginFault({language: error.sentence(language) for language in LANGUAGES})
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _of_framework(error, request)
    return ServerFault(request_id=request.scope["state"].get("request_id", ""))


def log_failure(request: Request[Any, Any, Any], error: BaseException) -> None:
    """Log what went wrong with the request's id and address; bodies, headers and long numbers stay out."""
    structlog.get_logger("crmcore.http").error(
        "request_failed",
        request_id=request.scope["state"].get("request_id", ""),
        method=request.scope["method"],
        route=request.scope.get("path_template", ""),
        error=type(error).__name__,
        traceback=scrubbed("".join(format_exception(error))),
    )


def scrubbed(text: str) -> str:
    """Return ``text`` without what looks like a card number, a phone number or one of our tokens."""
    return TOKEN.sub("crm_…", LONG_NUMBER.sub("…", text))


def _language(request: Request[Any, Any, Any]) -> str:
    language = getattr(request, "language", None)
    return language if isinstance(language, str) else preferred(request.headers.get("accept-language", ""))


def _of_framework(error: HTTPException, request: Request[Any, Any, Any]) -> CrmError:
    headers = {str(name): str(value) for name, value in (error.headers or {}).items()}
    if error.status_code == 404:
        return NoRoute()
    if error.status_code == 405:
        allow = headers.get("allow", "")
        return NoMethod(method=str(request.scope["method"])[:20], allow=allow, headers={"Allow": allow})
    if error.status_code == 413:
        return TooLarge(limit=MAX_BODY)
    if error.status_code == 415:
        return UnsupportedMedia(given=request.headers.get("content-type", "")[:80])
    refusal = CrmError(headers=headers)
    refusal.status = error.status_code
    return refusal


def _page(
    request: Request[Any, Any, Any], refusal: CrmError, document: dict[str, Any], headers: dict[str, str]
) -> Response[bytes]:
    if isinstance(refusal, NotSignedIn):
        target = "/login"
        if request.scope["method"] == "GET":
            target += "?next=" + quote(request.scope["path"], safe="/")
        return Response(b"", status_code=303, headers={"Location": target}, media_type=HTML)
    if isinstance(refusal, ClientGone):
        return Response(b"", status_code=400, media_type=HTML)
    body = error_page(request, document).encode()
    return Response(body, status_code=refusal.status, headers=headers, media_type=HTML)
