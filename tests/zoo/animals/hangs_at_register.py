"""Waits for ever in a hook."""

import threading

from crmcore import hookimpl


@hookimpl
def register_channels():
    threading.Event().wait()
