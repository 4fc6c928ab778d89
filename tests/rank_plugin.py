"""A plugin for the tests of the register: a field that it computes, and one that it computes badly."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crmcore import CustomField, hookimpl


def rank(document: Mapping[str, Any]) -> int | None:
    spent = document["custom"].get("spent")
    return None if spent is None else int(Decimal(spent)) // 100


def broken(document: Mapping[str, Any]) -> int:
    raise RuntimeError("no luck")


@hookimpl
def register_custom_fields() -> list[CustomField]:
    computed: dict[str, Any] = {"record_type": "contact", "type": "integer", "read_only": True}
    return [
        CustomField(key="rank_now", label="Rank", compute=rank, filterable=True, **computed),
        CustomField(key="rank_luck", label="Luck", compute=broken, **computed),
    ]
