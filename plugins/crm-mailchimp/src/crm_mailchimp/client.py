"""Requests to Mailchimp's Marketing API 3.0 (https://mailchimp.com/developer/marketing/api/)."""

import base64
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from crm_mailchimp import trouble
from crm_mailchimp.answers import ProblemDocument
from crm_mailchimp.settings import MailchimpSettings
from crm_mailchimp.trouble import MailchimpTrouble, NoSuchMember
from crmcore import HttpAnswer, OutgoingFailed, OutgoingRefused, PluginContext

TIMEOUT_S = 15.0

Answer = TypeVar("Answer", bound=Struct)


async def ask(
    plugin: PluginContext,
    method: str,
    path: str,
    answer: type[Answer] | None = None,
    *,
    body: Any = None,
) -> Answer | None:
    """Send one request and return what came back as an ``answer``; raises :class:`MailchimpTrouble`."""
    settings: MailchimpSettings = plugin.settings
    login = base64.b64encode(f"crmcore:{settings.api_key.strip()}".encode()).decode("ascii")
    try:
        response = await plugin.http.request(
            method,
            settings.root + path,
            headers={"Authorization": f"Basic {login}", "Accept": "application/json"},
            json=body,
            timeout_s=TIMEOUT_S,
        )
    except OutgoingRefused as error:
        raise MailchimpTrouble(trouble.REFUSED_HERE, reason=error.label()) from error
    except OutgoingFailed as error:
        raise MailchimpTrouble(trouble.NO_ANSWER, wait_s=trouble.WAIT_S) from error
    if not 200 <= response.status < 300:
        raise _trouble_of(response)
    if answer is None:
        return None
    try:
        return msgspec.json.decode(response.body, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MailchimpTrouble(trouble.NOT_UNDERSTOOD, status=response.status) from error


def _trouble_of(response: HttpAnswer) -> MailchimpTrouble:
    status = response.status
    document = _document(response)
    # Too many connections are answered by 429 or by a 403 of the server in front, which is no JSON.
    if status == 429 or (status == 403 and document is None):
        return MailchimpTrouble(trouble.THROTTLED, wait_s=trouble.WAIT_S)
    if status == 401:
        return MailchimpTrouble(trouble.BAD_KEY)
    if status == 404:
        return NoSuchMember(trouble.NOT_FOUND)
    if status >= 500:
        return MailchimpTrouble(trouble.BROKEN, status=status)
    reason = document.reason() if document else ""
    if status == 403:
        return MailchimpTrouble(trouble.NOT_ALLOWED, reason=reason)
    if reason:
        return MailchimpTrouble(trouble.REFUSED, reason=reason)
    return MailchimpTrouble(trouble.NOT_UNDERSTOOD, status=status)


def _document(response: HttpAnswer) -> ProblemDocument | None:
    if "json" not in response.headers.get("content-type", ""):
        return None
    try:
        return msgspec.json.decode(response.body, type=ProblemDocument)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
