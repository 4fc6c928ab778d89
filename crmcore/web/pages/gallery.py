"""Every component in every state on one page: for looking at, and for checks of contrast and accessibility."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.blocks import (
    Chart,
    Column,
    Item,
    Items,
    KeyValue,
    KeyValues,
    Media,
    Meter,
    Note,
    Series,
    Spark,
    Stat,
    Stats,
    Table,
    Timeline,
)
from crmcore.contracts.timeline import TimelineEntry
from crmcore.contracts.values import Badge, Badges, Email, Link, Money, Num, Phone, Ref, Text, When
from crmcore.web.buttons import Button, Buttons
from crmcore.web.form_fields import Field
from crmcore.web.gallery_rows import bubbles, conversations, tasks
from crmcore.web.panels import PanelPlace, PanelView
from crmcore.web.route import Route
from crmcore.web.scope import scope_from
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
        gallery_conversations=conversations(visit),
        gallery_bubbles=bubbles(visit),
        gallery_tasks=tasks(visit),
        scope=scope_from(visit),
        conversation={"id": UUID(int=1)},
        presses=[
            Button(label="Refund…", icon="credit-card", tone="danger", address="/settings/ui", asks=True),
            Button(label="Create an order", icon="plus", tone="primary", address="/settings/ui", asks=True),
            Button(label="Call", icon="phone", tone="default", address="/settings/ui", asks=True),
        ],
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
        KeyValues((KeyValue("Marks", Badges((Badge("VIP", "violet"), Badge("Wholesale", "teal")))),)),
    )
    figures = (
        Meter("Quota", 80, 120, "warn", "of this month"),
        Spark("Visits", (3, 5, 2, 8, 6, 9), "Visits of the last six days, rising"),
        Chart(
            "bar",
            "Orders by day",
            ("Mon", "Tue", "Wed", "Thu", "Fri"),
            (Series("Paid", (12, 9, 14, 6, 17), "ok"), Series("Open", (2, 4, 1, 3, 2), "warn")),
        ),
        Chart(
            "line",
            "Calls by day",
            ("Mon", "Tue", "Wed", "Thu", "Fri"),
            (Series("In", (31, 28, 35, 30, 22)), Series("Out", (12, 18, 9, 14, 20), "violet")),
            caption="Without the weekend",
        ),
    )
    happened = Timeline(
        (
            TimelineEntry(
                at=now - timedelta(minutes=9), title="Order #10482 paid", icon="credit-card", tone="ok"
            ),
            TimelineEntry(
                at=now - timedelta(days=2),
                title="Missed call",
                text="+49 30 555 01 99",
                icon="phone-missed",
                tone="bad",
                badge=Badge("0:41"),
            ),
        )
    )
    media = (
        Media("audio", UUID(int=1), "Call with Anna", 247),
        Media("file", UUID(int=2), "Invoice 2026-1187.pdf"),
    )
    shown = Buttons(visit, "example", back="/settings/ui", at="contact:example")
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
        PanelView(title="Figures", state="ok", blocks=figures, at=now, **about),
        PanelView(
            title="What happened", state="ok", blocks=(happened, *media), buttons=shown, at=now, **about
        ),
        PanelView(
            title="Left alone", state="disabled", message="“example” failed several times in a row.", **about
        ),
        PanelView(title="Failing", state="error", message="“example” did not answer within 2 s.", **about),
    ]


ROUTES = (Route("GET", "/settings/ui", show_gallery),)
