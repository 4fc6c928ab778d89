"""Loading panels: what one says beside a record, and the records that they stand beside."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec

from crmcore.contracts.panels import Panel, PanelContent
from crmcore.contracts.subjects import Subject
from crmcore.plugins.checks.results import value_problem
from crmcore.plugins.conformance import Conformance
from crmcore.testing.bench import Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.rule import Broken


def panels_of(bench: Bench) -> dict[str, Panel]:
    return bench.items("panels")


async def loaded(
    bench: Bench, panel: Panel, subject: Subject, what: str, crm: Any = None, limit_s: float | None = None
) -> PanelContent:
    try:
        content: object = await asyncio.wait_for(
            panel.load(subject, bench.context(crm)), (limit_s or panel.timeout_s) + 0.5
        )
    except TimeoutError:
        raise Broken(
            f"The panel “{panel.key}” takes longer than its {panel.timeout_s} s {what}: give plugin.http.request a "
            "shorter timeout_s, and say so in PanelContent(status='error')."
        ) from None
    except Exception as error:
        raise Broken(
            f"The panel “{panel.key}” raises {error!r} {what}: return PanelContent(status='error', message=…)."
        ) from error
    if problem := value_problem("panel.load", content, PanelContent, Conformance()):
        raise Broken(
            f"The panel “{panel.key}” {what}: {problem if isinstance(problem, str) else problem['en']}"
        )
    assert isinstance(content, PanelContent)  # noqa: S101  # was just found to be one
    bench.heard.append((f"the panel “{panel.key}”", repr(content)))
    return content


async def subjects_of(bench: Bench, crm: Any = None) -> dict[str, Subject]:
    """Return somebody of whom the plugin knows something, for each slot."""
    crm = crm or bench.crm
    make = bench.make(crm)
    contact = (await make.contact()).document
    if bench.samples.story is not None:
        await bench.samples.story(crm, contact["id"])
        await crm.worker.drain()
    company = (await make.company()).document
    conversation = await make.message("Hello", email=contact["emails"][0])
    record = await crm.records.get("conversation", conversation, actor=MAKER)
    return {
        "contact": bench.subject("contact", contact),
        "company": bench.subject("company", company),
        "conversation": msgspec.structs.replace(
            bench.subject("conversation", record.document), contact=dict(contact)
        ),
    }


def slots_of(panel: Panel, subjects: dict[str, Subject]) -> Iterator[Subject]:
    for slot in panel.slots:
        if slot in subjects:
            yield subjects[slot]
