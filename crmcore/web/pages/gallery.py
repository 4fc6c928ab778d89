"""Every component in every state on one page: for looking at, and for checks of contrast and accessibility."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.blocks import Column, Item, Items, KeyValue, KeyValues, Note, Stat, Stats, Table
from crmcore.contracts.values import Badge, Email, Link, Money, Num, Phone, Ref, Text, When
from crmcore.web.form_fields import Field
from crmcore.web.panels import PanelPlace, PanelView
from crmcore.web.route import Route
from crmcore.web.visit import Visit

TONES = ("neutral", "accent", "ok", "warn", "bad", "violet", "teal", "pink")


async def show_gallery(visit: Visit) -> ASGIResponse:
    """Show the components with made-up values."""
    return await visit.page(
        "gallery.html",
        area="settings",
        tones=TONES,
        icons=sorted(visit.site.assets.icons),
        example_fields=_fields(),
        waiting_panel=PanelPlace(title="Orders", icon="shopping-bag", address="/settings/ui#waiting"),
        panels=_panels(visit),
    )


def _fields() -> list[Field]:
    return [
        Field(name="a", label="Text", value="Anna", hint="A hint"),
        Field(
            name="b",
            label="With an error",
            value="anna@",
            required=True,
            error="This is not an e-mail address.",
        ),
        Field(name="c", label="Drop-down", widget="select", value="b", choices=(("a", "One"), ("b", "Two"))),
        Field(name="d", label="Date", widget="date", value="2026-11-22"),
        Field(name="e", label="Checkbox", widget="checkbox", value="true"),
        Field(
            name="f", label="Read-only", value="1187", read_only=True, hint="Filled in by the plugin “erp”"
        ),
        Field(name="g", label="Changed meanwhile", value="mine", stored="theirs", stored_by="Lena"),
        Field(name="h", label="Long text", widget="textarea", value="One\nTwo"),
    ]


def _panels(visit: Visit) -> list[PanelView]:
    now = visit.formats.now
    about: dict[str, Any] = {"plugin": "example", "icon": "shopping-bag", "address": "/settings/ui"}
    blocks = (
        Stats(
            (
                Stat("Lifetime", Money(Decimal("1284.50"), "EUR")),
                Stat("Orders", Num(9)),
                Stat("Returns", Num(1), "warn"),
            )
        ),
        Items(
            (
                Item(
                    "#10482",
                    "Grinder K40",
                    (Money(Decimal("419"), "EUR"), Badge("Paid", "ok")),
                    "https://example.com/",
                ),
                Item("#10311", "Ethiopia Guji", (Money(Decimal("64"), "EUR"), Badge("Delivered"))),
            )
        ),
        KeyValues(
            (
                KeyValue("Text", Text("DHL Parcel")),
                KeyValue("When", When(now - timedelta(days=3))),
                KeyValue("E-mail", Email("anna@example.com")),
                KeyValue("Phone", Phone("+493055501999")),
                KeyValue("Link", Link("Shop", "https://example.com/")),
                KeyValue("Record", Ref("contact", UUID(int=1), "Anna")),
            )
        ),
        Table(
            "Invoices",
            (Column("Number"), Column("Sum", "end")),
            ((Text("2026-1"), Money(Decimal("12"), "USD")),),
        ),
        Note("The hopper is on its way.", "accent"),
    )
    return [
        PanelView(
            title="Everything", state="ok", blocks=blocks, badge=Badge("VIP", "violet"), at=now, **about
        ),
        PanelView(
            title="Stale",
            state="stale",
            message="Shop does not answer.",
            at=now - timedelta(hours=2),
            **about,
        ),
        PanelView(title="Empty", state="empty", message="No customer with this e-mail.", **about),
        PanelView(title="To set up", state="setup", message="Enter the shop’s address and its key.", **about),
        PanelView(title="Failing", state="error", message="“example” did not answer within 2 s.", **about),
    ]


ROUTES = (Route("GET", "/settings/ui", show_gallery),)
