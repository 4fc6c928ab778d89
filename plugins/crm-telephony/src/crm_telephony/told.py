"""A call that is over, as the message that it becomes: the same for every backend."""

from typing import Protocol

import msgspec

from crm_telephony import words
from crm_telephony.report import Report, is_number
from crmcore import Identity, InboundMessage, TaskRequest, text_of


class Telling(Protocol):
    """What an account's settings say about telling."""

    @property
    def language(self) -> str: ...
    @property
    def call_back_within_minutes(self) -> int: ...


def message_of(
    report: Report, config: Telling, *, identities: tuple[Identity, ...] | None = None, thread: str = ""
) -> InboundMessage:
    """Return the message; nobody is made a contact for hiding, and no task is made to call them back."""
    language = config.language
    who = report.number or text_of(words.HIDDEN, language)
    if identities is None:
        identities = (Identity(kind="phone", value=report.number),) if is_number(report.number) else ()
    return InboundMessage(
        external_id=report.key,
        thread_key=thread or report.key,
        identities=identities,
        name=report.name if report.number else "",
        subject=text_of(words.SUBJECT, language, who=who),
        text=words.told(report, language),
        sent_at=report.ended_at or report.started_at,
        task=_task(report, who, config),
        details=msgspec.to_builtins(report),
    )


def _task(report: Report, who: str, config: Telling) -> TaskRequest | None:
    if report.direction != "in" or report.outcome == "answered" or not report.number:
        return None
    if not config.call_back_within_minutes:
        return None
    title = words.VOICEMAIL_TASK if report.voicemail else words.CALL_BACK
    return TaskRequest(
        title=text_of(title, config.language, who=who),
        due_in_s=config.call_back_within_minutes * 60,
    )
