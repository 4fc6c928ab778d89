"""Failures of requests to the outside."""


class OutgoingRefused(Exception):
    """The address is not one this deployment lets plugins reach; the sentence says which rule refused it."""


class OutgoingFailed(Exception):
    """The other side did not answer in time, broke off, or answered with more than the limit."""
