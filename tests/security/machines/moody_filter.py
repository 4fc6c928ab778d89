"""A plugin with a filter that fails while ``IN_TROUBLE`` is set, and holds what looks suspicious."""

import threading

from crmcore import ChannelAccount, InboundMessage, Verdict, hookimpl

IN_TROUBLE = threading.Event()


@hookimpl
def filter_inbound_message(message: InboundMessage, account: ChannelAccount) -> Verdict | None:
    if IN_TROUBLE.is_set():
        raise RuntimeError("the filter is in trouble")
    if "suspicious" in message.text:
        return Verdict(action="hold", reason="somebody should look at it")
    return None
