"""Requests to Mailchimp's Marketing API 3.0 (https://mailchimp.com/developer/marketing/api/)."""

import base64
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from crm_mailchimp import pacing, trouble
from crm_mailchimp.answers import ProblemDocument
from crm_mailchimp.config import AudienceConfig
from crm_mailchimp.trouble import MailchimpTrouble, NoSuchMember
from crmcore import ChannelAccount, HttpAnswer, OutgoingFailed, OutgoingRefused, PluginContext

TIMEOUT_S = 20.0

Answer = TypeVar("Answer", bound=Struct)


async def ask(
    account: ChannelAccount,
    plugin: PluginContext,
    method: str,
    path: str,
    answer: type[Answer],
    *,
    body: Any = None,
    timeout_s: float = TIMEOUT_S,
    max_bytes: int | None = None,
) -> Answer:
    """Send one request and return what came back as an ``answer``; raises :class:`MailchimpTrouble`.

    While Mailchimp asks to wait, nothing is sent: the trouble says how long.
    """
    response = await _answered(account, plugin, method, path, body, timeout_s, max_bytes)
    try:
        return msgspec.json.decode(response.body, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MailchimpTrouble(trouble.NOT_UNDERSTOOD, status=response.status) from error


async def tell(
    account: ChannelAccount, plugin: PluginContext, method: str, path: str, *, body: Any = None
) -> None:
    """Send one request whose answer says nothing; raises :class:`MailchimpTrouble`."""
    await _answered(account, plugin, method, path, body, TIMEOUT_S)


async def _answered(
    account: ChannelAccount,
    plugin: PluginContext,
    method: str,
    path: str,
    body: Any,
    timeout_s: float,
    max_bytes: int | None = None,
) -> HttpAnswer:
    config: AudienceConfig = account.config
    if (wait_s := await pacing.left_s(account.id, plugin)) > 0:
        raise MailchimpTrouble(trouble.THROTTLED, wait_s=wait_s)
    login = base64.b64encode(f"crmcore:{config.api_key.strip()}".encode()).decode("ascii")
    try:
        response = await plugin.http.request(
            method,
            config.root + path,
            headers={"Authorization": f"Basic {login}", "Accept": "application/json"},
            json=body,
            timeout_s=timeout_s,
            max_bytes=max_bytes,
        )
    except OutgoingRefused as error:
        raise MailchimpTrouble(trouble.REFUSED_HERE, reason=error.label()) from error
    except OutgoingFailed as error:
        raise MailchimpTrouble(trouble.NO_ANSWER, wait_s=trouble.WAIT_S) from error
    if 200 <= response.status < 300:
        await pacing.over(account.id, plugin)
        return response
    found = trouble_of(response.status, document_of(response))
    if found.throttled:
        found.wait_s = await pacing.pause(account.id, plugin)
    raise found


def trouble_of(status: int, document: ProblemDocument | None) -> MailchimpTrouble:
    """Return what an answer with ``status`` means, None for ``document`` where it is no problem document."""
    # Too many connections are answered by 429 or by a 403 of the server in front, which is no JSON.
    if status == 429 or (status == 403 and document is None):
        return MailchimpTrouble(trouble.THROTTLED, wait_s=trouble.WAIT_S, throttled=True)
    if status == 401:
        return MailchimpTrouble(trouble.BAD_KEY)
    if status == 404:
        return NoSuchMember(trouble.NOT_FOUND)
    if status >= 500:
        return MailchimpTrouble(trouble.BROKEN, status=status, wait_s=trouble.WAIT_S)
    reason = document.reason() if document else ""
    if status == 403:
        return MailchimpTrouble(trouble.NOT_ALLOWED, reason=reason)
    if reason:
        return MailchimpTrouble(trouble.REFUSED, reason=reason)
    return MailchimpTrouble(trouble.NOT_UNDERSTOOD, status=status)


def document_of(response: HttpAnswer) -> ProblemDocument | None:
    """Return the problem document that ``response`` is, None when it is none."""
    if "json" not in response.headers.get("content-type", ""):
        return None
    return problem_in(response.body)


def problem_in(body: bytes) -> ProblemDocument | None:
    """Return the problem document in ``body``, None when there is none."""
    try:
        return msgspec.json.decode(body, type=ProblemDocument)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
