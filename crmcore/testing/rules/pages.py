"""Pages: they answer whoever asks whatever in the address, and never more than a page at once."""

import asyncio
from typing import Any

import msgspec

from crmcore.contracts.pages import Page, PageContent, PageRequest
from crmcore.plugins.checks.results import value_problem
from crmcore.plugins.conformance import Conformance
from crmcore.testing.bench import Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.hostile import EXECUTABLE, SCRIPT
from crmcore.testing.people import People
from crmcore.testing.rule import Broken, rules

HEAVIEST = 500_000
# The core drops what has a NUL in it before a plugin sees it.
ODD = ("", "0", "-1", "nonsense", SCRIPT, "9" * 400, "2026-99-99", "00000000-0000-0000-0000-000000000000")


def _pages(bench: Bench) -> dict[str, Page]:
    return {page.key: page for page in bench.items("pages").values()}


async def _load(bench: Bench, page: Page, request: PageRequest, what: str, crm: Any = None) -> PageContent:
    try:
        content: object = await asyncio.wait_for(page.load(request, bench.context(crm)), page.timeout_s + 0.5)
    except TimeoutError:
        raise Broken(
            f"The page “{page.key}” takes longer than its {page.timeout_s} s {what}: give plugin.http.request a "
            "shorter timeout_s, and show a Note instead."
        ) from None
    except Exception as error:
        raise Broken(f"The page “{page.key}” raises {error!r} {what}: show a Note that says why.") from error
    if problem := value_problem("page.load", content, PageContent, Conformance()):
        raise Broken(f"The page “{page.key}”: {problem if isinstance(problem, str) else problem['en']}")
    assert isinstance(content, PageContent)  # noqa: S101  # was just found to be one
    bench.heard.append((f"the page “{page.key}”", repr(content)))
    return content


async def answer(bench: Bench) -> None:
    """It answers in both languages, with what is stored and with nothing, with blocks that the core can show."""
    async with bench.fresh() as crm:
        for filled in (False, True):
            if filled and bench.samples.story is not None:
                contact = await bench.make(crm).contact()
                await bench.samples.story(crm, contact.id)
                await crm.worker.drain()
            for page in _pages(bench).values():
                for language in ("en", "ru"):
                    request = PageRequest(actor=MAKER, language=language)
                    msgspec.json.encode((await _load(bench, page, request, "", crm)).blocks)


async def answer_before_they_are_set_up(bench: Bench) -> None:
    """Before anything is configured it shows what to do, and raises nothing."""
    async with bench.fresh(configured=False) as crm:
        for page in _pages(bench).values():
            await _load(bench, page, PageRequest(actor=MAKER), "before it is configured", crm)


async def survive_an_outage(bench: Bench) -> None:
    """While its service is away it shows what it has, and says so; it raises nothing."""
    async with bench.fresh() as crm:
        http: Any = crm.http_client._transport
        http.trouble = "unreachable"
        for page in _pages(bench).values():
            await _load(bench, page, PageRequest(actor=MAKER), "while its service is away", crm)


async def survive_odd_addresses(bench: Bench) -> None:
    """Whatever stands in the address – a cursor of long ago, a word for a number, markup – it answers."""
    async with bench.fresh() as crm:
        for page in _pages(bench).values():
            content = await _load(bench, page, PageRequest(actor=MAKER), "", crm)
            names = {"after", "page", "q", "from", "to"}
            if content.filters is not None:
                names |= set(content.filters.type.__struct_fields__)
            for value in ODD:
                query = dict.fromkeys(names, value)
                await _load(
                    bench, page, PageRequest(actor=MAKER, query=query), f"for ?after={value[:20]!r}", crm
                )


async def hostile_text_is_escaped(bench: Bench) -> None:
    """Markup in its address, or in what people are called, is shown as text."""
    async with bench.fresh() as crm:
        people = People(crm)
        contact = await bench.make(crm).contact(first_name="Ann", last_name=SCRIPT[:100])
        if bench.samples.story is not None:
            await bench.samples.story(crm, contact.id)
            await crm.worker.drain()
        browser = await people.browser("admin")
        try:
            for page in _pages(bench).values():
                shown = await browser.get(
                    f"/x/{bench.name}/{page.key}", params={"q": SCRIPT, "after": SCRIPT}
                )
                bench.heard.append((f"the page “{page.key}”", shown.text))
                if shown.status_code >= 500:
                    raise Broken(f"The page “{page.key}” is answered with {shown.status_code}.")
                if any(evil in shown.text for evil in EXECUTABLE) or 'href="javascript:' in shown.text:
                    raise Broken(f"A script stands as markup on the page “{page.key}”.")
        finally:
            await people.aclose()


async def counts_are_numbers(bench: Bench) -> None:
    """The number beside a page's entry in the menu is a whole one, from nothing up, and raises nothing."""
    async with bench.fresh(configured=False) as crm:
        for page in _pages(bench).values():
            if page.count is None:
                continue
            try:
                count: object = await asyncio.wait_for(page.count(MAKER, bench.context(crm)), 2)
            except Exception as error:
                raise Broken(f"count of the page “{page.key}” raises {error!r}: return 0.") from error
            if not isinstance(count, int) or count < 0:
                raise Broken(f"count of the page “{page.key}” is {count!r}: it must be 0 or more.")


async def stay_small(bench: Bench) -> None:
    """It weighs at most 500 kB: a long list has a link to its next part."""
    async with bench.fresh() as crm:
        for page in _pages(bench).values():
            content = await _load(bench, page, PageRequest(actor=MAKER), "", crm)
            if len(msgspec.json.encode(content.blocks)) > HEAVIEST:
                raise Broken(f"The page “{page.key}” is too long: show 50 rows, and PageContent(more=…).")


RULES = rules(
    "page",
    answer=("bronze", answer),
    answer_before_they_are_set_up=("bronze", answer_before_they_are_set_up),
    hostile_text_is_escaped=("bronze", hostile_text_is_escaped),
    survive_an_outage=("silver", survive_an_outage),
    survive_odd_addresses=("silver", survive_odd_addresses),
    counts_are_numbers=("silver", counts_are_numbers),
    stay_small=("silver", stay_small),
)
