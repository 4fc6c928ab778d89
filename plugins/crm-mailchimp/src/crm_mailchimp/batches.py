"""Batches: up to a thousand operations in one request, worked through by Mailchimp in its own time."""

import io
import tarfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from crm_mailchimp import trouble
from crm_mailchimp.answers import Batch, Batches, BatchResult, moment
from crm_mailchimp.client import ask
from crm_mailchimp.plan import Step
from crm_mailchimp.trouble import MailchimpTrouble
from crmcore import ChannelAccount, OutgoingFailed, OutgoingRefused, PluginContext

MOST_OPERATIONS = 1_000
CLOCKS_DIFFER = timedelta(minutes=2)
_FIELDS = "id,status,total_operations,finished_operations,errored_operations,response_body_url"
# A thousand answers of three kilobytes, and room: what unpacks to more is no result of ours.
_MOST_BYTES = 20_000_000
_HOSTS = (".amazonaws.com", ".mailchimp.com")


async def submit(account: ChannelAccount, steps: Sequence[Step], plugin: PluginContext) -> Batch:
    """Hand ``steps`` over and return the batch. Each is known by its kind and its member's hash."""
    operations = [_operation(account, step) for step in steps]
    return await ask(account, plugin, "POST", "/batches", Batch, body={"operations": operations})


async def handed_over(
    account: ChannelAccount, operations: int, since: datetime, known: Collection[str], plugin: PluginContext
) -> Batch | None:
    """Return the batch of so many operations that was made after ``since`` and is none of those that are known.

    It is asked for when a worker died between handing a batch over and hearing that it was taken.
    """
    names = ("id", "status", "total_operations", "submitted_at")
    query = urlencode({"count": 1000, "fields": ",".join(f"batches.{name}" for name in names)})
    answer = await ask(account, plugin, "GET", f"/batches?{query}", Batches)
    for batch in answer.batches:
        at = moment(batch.submitted_at)
        if batch.id in known or batch.total_operations != operations or at is None:
            continue
        if at >= since - CLOCKS_DIFFER:
            return batch
    return None


async def state_of(account: ChannelAccount, batch: str, plugin: PluginContext) -> Batch:
    """Return how far a batch is."""
    return await ask(account, plugin, "GET", f"/batches/{batch}?fields={_FIELDS}", Batch)


async def results_of(account: ChannelAccount, batch: Batch, plugin: PluginContext) -> list[BatchResult]:
    """Return what became of the operations of a finished batch; raises :class:`MailchimpTrouble`.

    They lie at a store of files, at an address that is a key itself: ours is not sent there.
    """
    parts, own = urlsplit(batch.response_body_url), urlsplit(account.config.root)
    if parts.netloc != own.netloc and not (
        parts.scheme == "https" and (parts.hostname or "").endswith(_HOSTS)
    ):
        raise MailchimpTrouble(trouble.NO_RESULTS)
    try:
        answer = await plugin.http.request(
            "GET", batch.response_body_url, timeout_s=60.0, max_bytes=_MOST_BYTES
        )
    except (OutgoingFailed, OutgoingRefused) as error:
        raise MailchimpTrouble(trouble.NO_RESULTS, wait_s=trouble.WAIT_S) from error
    if answer.status != 200:
        raise MailchimpTrouble(trouble.NO_RESULTS, wait_s=trouble.WAIT_S)
    try:
        return list(_unpacked(answer.body))
    except (
        tarfile.TarError,
        EOFError,
        OSError,
        zlib.error,
        msgspec.DecodeError,
        UnicodeDecodeError,
    ) as error:
        raise MailchimpTrouble(trouble.NO_RESULTS) from error


def _operation(account: ChannelAccount, step: Step) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "method": step.method(),
        "path": step.path(account),
        "operation_id": f"{step.kind}:{step.membership.subscriber}",
        "body": msgspec.json.encode(step.body).decode(),
    }
    if step.kind == "put":
        operation["params"] = {"skip_merge_validation": "true"}
    return operation


def _unpacked(archive: bytes) -> Iterator[BatchResult]:
    left = _MOST_BYTES
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r|gz") as files:
        for file in files:
            content = files.extractfile(file) if file.isfile() else None
            if content is None:
                continue
            left -= file.size
            if left < 0:
                raise tarfile.ReadError("too large")
            yield from msgspec.json.decode(content.read(), type=list[BatchResult])
