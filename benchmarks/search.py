"""``python -m benchmarks.search``: how long searches take among 100,000 contacts and 1,000,000 messages."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from benchmarks.__main__ import postgres_url
from crmcore.clock import utc_now, uuid7
from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.search import SearchParts
from crmcore.conversations.messages import entry_of
from crmcore.conversations.tables import Conversation, Message
from crmcore.demo.people import make_person
from crmcore.records.query import ListQuery
from crmcore.search.entry import Entry, make_entry
from crmcore.search.words import Stems
from crmcore.search.writing import add_entries
from crmcore.settings import load_settings
from crmcore.workspace import Crm

BATCH = 500
SYLLABLES = {
    "en": (
        "de",
        "liv",
        "er",
        "or",
        "der",
        "pay",
        "ment",
        "re",
        "fund",
        "ship",
        "box",
        "part",
        "ly",
        "con",
        "tact",
    ),
    "ru": (
        "до",
        "став",
        "ка",
        "за",
        "каз",
        "воз",
        "врат",
        "пла",
        "теж",
        "по",
        "сыл",
        "мо",
        "жет",
        "ко",
        "роб",
    ),
}
LISTS = {"list of contacts": "contact", "list of conversations": "conversation"}


def main() -> int:
    """Fill a base on every database there is, measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=50, help="times that each search is repeated")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument(
        "--folder", type=Path, help="keep the bases here, and use those that are here already"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crmcore-search-") as name, ExitStack() as stack:
        folder = options.folder or Path(name)
        if options.database != "postgres":
            asyncio.run(_measure("SQLite", folder / "sqlite", "", options))
        url = "" if options.database == "sqlite" else postgres_url(stack)
        if url:
            asyncio.run(_measure("PostgreSQL", Path(name) / "postgres", url, options))
    return 0


async def _measure(kind: str, folder: Path, url: str, options: argparse.Namespace) -> None:
    crm = Crm.build(load_settings(environment={}, data_dir=str(folder), database_url=url, no_plugins=["*"]))
    await crm.start()
    try:
        with crm.bound():
            there = await crm.records.count("contact", ListQuery(), actor=system_actor())
            if there < options.contacts:
                began = time.perf_counter()
                await _fill(crm, there, options.contacts, options.messages // options.contacts)
                print(f"{kind}: filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
            await crm.database.engine.run_ddl("ANALYZE")
            await _report(kind, crm, options.rounds)
    finally:
        await crm.stop()


def _vocabulary(random: Random) -> list[tuple[str, ...]]:
    """Return some thousand words of each language, the common ones first."""
    return [
        tuple("".join(random.choices(parts, k=random.randint(1, 4))) for _ in range(6000))
        for parts in SYLLABLES.values()
    ]


async def _fill(crm: Crm, there: int, contacts: int, messages: int) -> None:
    random, stems = Random(there), Stems()
    vocabularies = _vocabulary(Random(1))
    now = utc_now()
    for start in range(there, contacts, BATCH):
        people: list[Contact] = []
        cases: list[Conversation] = []
        said: list[Message] = []
        entries: list[Entry] = []
        for number in range(start, min(start + BATCH, contacts)):
            # Older first, so that entries come in the order of time as they do in life.
            moment = now - timedelta(seconds=300 * (contacts - number))
            _add(number, moment, messages, random, stems, vocabularies, people, cases, said, entries)
        async with crm.database.transaction():
            with crm.database.patience(120):
                await Contact.insert(*people)
                await Conversation.insert(*cases)
                for first in range(0, len(said), 1500):
                    await Message.insert(*said[first : first + 1500])
                await add_entries(entries)
        if start % 10_000 == 0:
            print(f"  {start} of {contacts}", file=sys.stderr, flush=True)


def _add(
    number: int,
    moment: datetime,
    messages: int,
    random: Random,
    stems: Stems,
    vocabularies: list[tuple[str, ...]],
    people: list[Contact],
    cases: list[Conversation],
    said: list[Message],
    entries: list[Entry],
) -> None:
    person = make_person(number, random, company=False)
    contact = Contact(
        id=uuid7(moment),
        first_name=person.first_name,
        last_name=person.last_name,
        points=msgspec.json.encode(
            [
                {"kind": "email", "raw": person.email, "normalized": person.email},
                {"kind": "phone", "raw": person.phone, "normalized": person.phone},
            ]
        ).decode(),
        created_at=moment,
        updated_at=moment,
    )
    people.append(contact)
    parts = SearchParts(
        names=(person.first_name, person.last_name), addresses=(person.email,), phones=(person.phone,)
    )
    entries.append(
        make_entry("contact", contact.id, parts, title=person.name, created_at=moment, stems=stems)
    )
    subject = f"Case {number % 997}"
    case = Conversation(
        id=uuid7(moment),
        number=number + 1,
        subject=subject,
        contact=contact.id,
        message_count=messages,
        last_activity_at=moment,
        created_at=moment,
        updated_at=moment,
    )
    cases.append(case)
    entries.append(
        make_entry(
            "conversation",
            case.id,
            SearchParts(titles=(subject,), numbers=(number + 1,)),
            title=subject,
            created_at=moment,
            stems=stems,
        )
    )
    for position in range(messages):
        at = moment + timedelta(seconds=20 * position)
        text = " ".join(_said(random, vocabularies[number % 2], person.first_name))
        message = Message(
            id=uuid7(at), conversation=case.id, kind="inbound", text=text, created_at=at, updated_at=at
        )
        said.append(message)
        entries.append(entry_of(message, stems))


def _said(random: Random, vocabulary: tuple[str, ...], name: str) -> list[str]:
    """Return 10 to 40 words: a few of them very often, most of them seldom, and now and then a name."""
    count = random.randint(10, 40)
    words = [vocabulary[int(len(vocabulary) * random.random() ** 4)] for _ in range(count)]
    return [*words, name] if random.random() < 0.3 else words


async def _report(kind: str, crm: Crm, rounds: int) -> None:
    actor: Actor = system_actor("benchmark")
    random = Random(1)
    en, ru = _vocabulary(random)
    newest = (await crm.records.list("contact", ListQuery(limit=1), actor=actor)).items[0].document
    first = await crm.records.list("contact", ListQuery(limit=1, sort="created_at"), actor=actor)
    old = first.items[0].document
    questions = {
        "a very common word": en[0],
        "two common words": f"{ru[1]} {ru[7]}",
        "common words of two languages": f"{en[0]} {ru[0]}",
        "a rare word": en[5990],
        "a common and a rare word": f"{ru[0]} {ru[5990]}",
        "a beginning of two letters": "de",
        "a common word and a beginning": f"{ru[0]} до",
        "a first name": newest["first_name"],
        "a whole name": f"{old['first_name']} {old['last_name']}",
        "a mail address": newest["emails"][0],
        "a phone number's tail": newest["phones"][0][-6:],
        "a misspelt name": _misspelt(old["last_name"]),
        "a name and a misspelt one": f"{old['first_name']} {_misspelt(old['last_name'])}",
        "nothing": "qqqqwwwweeee",
    }
    print(f"\n{kind:48}{'median':>12}{'p99':>12}{'finds':>6}")
    for name, q in questions.items():

        async def everything(q: str = q) -> int:
            return len((await crm.search.find(q, actor=actor)).items)

        await _time(name, everything, rounds)
    for name, record_type in LISTS.items():
        for which in (
            "a very common word",
            "a rare word",
            "a first name",
            "a phone number's tail",
            "a misspelt name",
        ):
            q = questions[which]

            async def listed(record_type: str = record_type, q: str = q) -> int:
                page = await crm.records.list(record_type, ListQuery(q=q), actor=actor)
                return len(page.items)

            await _time(f"{name}, {which}", listed, rounds)


async def _time(name: str, call: Callable[[], Awaitable[int]], rounds: int) -> None:
    finds = await call()
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    print(
        f"{name[:48]:48}{spent[len(spent) // 2]:>9.2f} ms{spent[int(len(spent) * 0.99)]:>9.2f} ms{finds:>6}",
        flush=True,
    )


def _misspelt(name: str) -> str:
    return name[:2] + name[3] + name[2] + name[4:] if len(name) > 4 else name + "x"


if __name__ == "__main__":
    sys.exit(main())
