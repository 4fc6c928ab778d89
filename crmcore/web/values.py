"""Typed values and blocks of panels: which kind a struct is."""

from msgspec import Struct


def kind_of(value: Struct) -> str:
    """Return the tag of a value or block: ``money``, ``when``, ``items`` …"""
    return str(value.__struct_config__.tag)
