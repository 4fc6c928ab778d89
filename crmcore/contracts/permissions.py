"""Permissions of a plugin's own, given by roles."""

from msgspec import Struct

from crmcore.contracts.labels import Label


class Permission(Struct, frozen=True, kw_only=True):
    """Something that only some people may do.

    ``key`` is ``PLUGIN.NAME`` (``shopify.refund``); administrators have it, other roles get it on their page.
    """

    key: str
    label: Label
    help: Label = ""
