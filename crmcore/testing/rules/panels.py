"""Panels: something to show in every case, in time, and never more than one's own slot broken."""

from collections.abc import Callable
from uuid import uuid4

import msgspec

from crmcore.contracts.subjects import Subject
from crmcore.testing.bench import Bench
from crmcore.testing.hostile import with_scripts, with_wrong_types
from crmcore.testing.recorded_http import Answered, RecordedHttp, Trouble
from crmcore.testing.rule import Broken, Nothing, rules
from crmcore.testing.rules.changed_answers import with_changed_answers
from crmcore.testing.rules.panel_loading import loaded, panels_of, slots_of, subjects_of

HEAVIEST = 100_000
MOST_ROWS = 100
GARBAGE = (
    Answered(status=500, body=b"<html>Internal Server Error</html>", headers={"content-type": "text/html"}),
    Answered(status=401, body=b'{"error":"unauthorized"}'),
    Answered(status=403),
    Answered(status=404, body=b"{}"),
    Answered(status=429, headers={"retry-after": "30"}),
    Answered(status=200, body=b""),
    Answered(status=200, body=b"null"),
    Answered(status=200, body=b"[]"),
    Answered(status=200, body=b'{"data":null}'),
    Answered(status=200, body=b"\xff\xfe"),
    Answered(status=302, headers={"location": "https://elsewhere.example/"}),
)


async def answers_in_every_slot(bench: Bench) -> None:
    """It answers beside every kind of record that it stands beside, with blocks that the core can show."""
    subjects = await subjects_of(bench)
    for panel in panels_of(bench).values():
        for subject in slots_of(panel, subjects):
            content = await loaded(bench, panel, subject, f"beside a {subject.record_type}")
            msgspec.json.encode(content)


async def knows_nobody(bench: Bench) -> None:
    """It answers for a person of whom nothing is known: no contact, no address, no name."""
    for panel in panels_of(bench).values():
        for slot in panel.slots:
            subject = Subject(record_type=slot, id=uuid4(), document={}, contact=None)
            await loaded(bench, panel, subject, "for a person of whom nothing is known")


async def waits_to_be_set_up(bench: Bench) -> None:
    """Before it is configured it says what to do (status “setup”) or nothing, and asks nobody."""
    if bench.name not in bench.registry.settings:
        raise Nothing
    http = RecordedHttp()
    http.fallback = lambda _: Answered(status=500)
    async with bench.fresh(configured=False, http=http) as crm:
        subjects = await subjects_of(bench, crm)
        for panel in panels_of(bench).values():
            for subject in slots_of(panel, subjects):
                content = await loaded(bench, panel, subject, "before it is configured", crm)
                if content.status == "setup" and not content.message:
                    raise Broken(f"The panel “{panel.key}” asks to be set up without a word: message=….")
        if http.requests:
            raise Broken(f"It asks {http.requests[0].url} before anything is configured.")


async def survives_an_outage(bench: Bench) -> None:
    """While its service cannot be reached it says so itself, in words, and keeps its own time when it hangs."""
    troubles: tuple[tuple[Trouble, str], ...] = (
        ("unreachable", "while its service is away"),
        ("hangs", "while its service hangs"),
    )
    for trouble, what in troubles:

        def spoil(http: RecordedHttp, trouble: Trouble = trouble) -> None:
            http.trouble = trouble

        await _with_outside(bench, what, spoil)


async def survives_garbage(bench: Bench) -> None:
    """Whatever its service answers – errors, other shapes, nothing, half – it raises nothing."""
    if bench.samples.http is None:
        await _asks_nobody(bench)
    for garbage in GARBAGE:

        def spoil(http: RecordedHttp, garbage: Answered = garbage) -> None:
            http.reply("https://", lambda _: garbage)

        await _with_outside(
            bench,
            f"on the answer {garbage.status} {garbage.body[:20]!r}",
            spoil,
            failing=garbage.status in (401, 403, 500),
        )
    await with_changed_answers(
        bench, with_wrong_types, "when a value in an answer has another type", html=False
    )


async def _asks_nobody(bench: Bench) -> None:
    """Raise Nothing when no panel asks outside, and Unshown when one does."""
    http = RecordedHttp()
    http.fallback = lambda _: Answered(status=500)
    async with bench.fresh(http=http) as crm:
        subjects = await subjects_of(bench, crm)
        for panel in panels_of(bench).values():
            for subject in slots_of(panel, subjects):
                await loaded(bench, panel, subject, "", crm)
    if http.requests:
        bench.needs_http("What its service answers")
    raise Nothing


async def hostile_text_is_escaped(bench: Bench) -> None:
    """Markup in anything that its service or a person says is shown as text."""
    if bench.samples.http is None and bench.samples.story is None and not panels_of(bench):
        raise Nothing
    await with_changed_answers(bench, with_scripts, "when an answer has markup in it", html=True)


async def stays_small(bench: Bench) -> None:
    """It shows at most 100 rows and weighs at most 100 kB: a panel is a glance, not an archive."""
    subjects = await subjects_of(bench)
    for panel in panels_of(bench).values():
        for subject in slots_of(panel, subjects):
            content = await loaded(bench, panel, subject, "")
            rows = sum(
                len(getattr(block, "items", None) or getattr(block, "rows", None) or ())
                for block in content.blocks
            )
            if rows > MOST_ROWS or len(msgspec.json.encode(content)) > HEAVIEST:
                raise Broken(
                    f"The panel “{panel.key}” shows {rows} rows: show the newest, and a link to the rest."
                )


async def keeps_its_bounds(bench: Bench) -> None:
    """Its deadline is at most 10 s, what it said is kept for at most a day, its slots are named once."""
    for panel in panels_of(bench).values():
        if not 0 < panel.timeout_s <= 10:
            raise Broken(
                f"timeout_s of “{panel.key}” is {panel.timeout_s}: people look at the page; at most 10."
            )
        if not 0 <= panel.ttl_s <= 86_400:
            raise Broken(f"ttl_s of “{panel.key}” is {panel.ttl_s}: 0 to 86,400.")
        if not panel.slots or len(set(panel.slots)) != len(panel.slots):
            raise Broken(f"slots of “{panel.key}” are {panel.slots}: name each once.")


async def speaks_the_readers_language(bench: Bench) -> None:
    """What it says itself while its service is away is in the reader's language."""
    said: dict[str, set[str]] = {"en": set(), "ru": set()}
    http = bench.told_http()
    async with bench.fresh(http=http) as crm:
        subjects = await subjects_of(bench, crm)
        http.trouble = "unreachable"
        for language in said:
            for panel in panels_of(bench).values():
                for subject in slots_of(panel, subjects):
                    theirs = msgspec.structs.replace(subject, language=language)
                    content = await loaded(bench, panel, theirs, "in another language", crm)
                    if content.message:
                        said[language].add(content.message)
    if said["en"] and said["en"] == said["ru"]:
        raise Broken(f"It says “{sorted(said['en'])[0]}” to everybody: choose by subject.language.")


async def _with_outside(
    bench: Bench, what: str, spoil: Callable[[RecordedHttp], None], *, failing: bool = True
) -> None:
    http = bench.told_http()
    async with bench.fresh(http=http) as crm:
        subjects = await subjects_of(bench, crm)
        spoil(http)
        for panel in panels_of(bench).values():
            # One that hangs takes its whole deadline: once is enough.
            for subject in list(slots_of(panel, subjects))[: 1 if http.trouble == "hangs" else None]:
                asked = len(http.requests)
                content = await loaded(bench, panel, subject, what, crm)
                if len(http.requests) > asked and failing:
                    if content.status not in ("error", "setup"):
                        raise Broken(
                            f"The panel “{panel.key}” says “{content.status}” {what}: PanelContent(status='error', "
                            "message=…)."
                        )
                    if not content.message:
                        raise Broken(f"The panel “{panel.key}” fails without a word {what}: message=….")


RULES = rules(
    "panel",
    answers_in_every_slot=("bronze", answers_in_every_slot),
    knows_nobody=("bronze", knows_nobody),
    waits_to_be_set_up=("bronze", waits_to_be_set_up),
    hostile_text_is_escaped=("bronze", hostile_text_is_escaped),
    survives_an_outage=("silver", survives_an_outage),
    survives_garbage=("silver", survives_garbage),
    stays_small=("silver", stays_small),
    keeps_its_bounds=("silver", keeps_its_bounds),
    speaks_the_readers_language=("gold", speaks_the_readers_language),
)
