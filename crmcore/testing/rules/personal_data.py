"""Personal data: all of it is given out, all of it is erased, nobody else's."""

import json
from typing import Any
from uuid import UUID, uuid4

from crmcore.contracts.messages import Identity
from crmcore.contracts.personal_data import DataItem, DataSubject, PersonalData
from crmcore.privacy.subject import subject_of
from crmcore.testing.bench import Bench
from crmcore.testing.rule import Broken, Nothing, Unshown, rules
from crmcore.testing.rules.state import state_of
from crmcore.testing.rules.tables import _of_contacts


def _kinds(bench: Bench) -> dict[str, PersonalData]:
    return bench.items("personal_data")


async def is_registered(bench: Bench) -> None:
    """A plugin whose tables point at contacts says what it keeps of them: register_personal_data."""
    pointing = [table._meta.tablename for table, _ in _of_contacts(bench)]
    if pointing and "register_personal_data" not in bench.hooks():
        raise Broken(
            f"{pointing[0]} keeps data of people, and nobody can export or erase it: register_personal_data."
        )


async def strangers_have_nothing(bench: Bench) -> None:
    """Of somebody whom it does not know it exports nothing and erases nothing, without an error."""
    subject = DataSubject(
        contacts=(uuid4(),),
        points=(Identity(kind="email", value="nobody@example.com"),),
        words=("nobody@example.com",),
        pseudonym="Erased 1",
    )
    async with bench.fresh(configured=False) as crm:
        for key, kind in _kinds(bench).items():
            try:
                items = await _exported(kind, subject, bench.context(crm))
                erased = await kind.erase(subject, bench.context(crm))
            except Exception as error:
                raise Broken(f"“{key}” raises {error!r} for somebody whom it does not know.") from error
            if items or erased:
                raise Broken(
                    f"“{key}” has {len(items)} things of somebody whom it does not know, erased {erased}."
                )


async def all_is_given_out(bench: Bench) -> None:
    """What it keeps of a person is exported, as JSON, each thing under an id of its own."""
    async with bench.fresh() as crm:
        subject = await _somebody(bench, crm)
        for key, kind in _kinds(bench).items():
            items = await _exported(kind, subject, bench.context(crm))
            if len({item.id for item in items}) != len(items):
                raise Broken(f"“{key}” exports several things under one id.")
            for item in items:
                json.dumps(dict(item.data), default=_refuse)
            if kind.count is None and not items:
                raise Broken(f"“{key}” exports nothing of a person it keeps data of.")


async def all_is_erased(bench: Bench) -> None:
    """After an erasure nothing that names the person is exported, in its tables, or among its own values."""
    async with bench.fresh() as crm:
        subject = await _somebody(bench, crm)
        for key, kind in _kinds(bench).items():
            if not await kind.erase(subject, bench.context(crm)):
                raise Broken(f"“{key}” says that it erased nothing of a person it keeps data of.")
            text = str([item.data for item in await _exported(kind, subject, bench.context(crm))])
            text += str(
                {
                    name: part
                    for name, part in (await state_of(bench, crm)).items()
                    if name in ("tables", "values")
                }
            )
            for word in subject.words:
                if len(word) >= 5 and word in text:
                    raise Broken(
                        f"After “{key}” was erased, {word[:3]}… still stands in what the plugin keeps."
                    )


async def erasing_again_is_quiet(bench: Bench) -> None:
    """An erasure that was interrupted runs once more without an error."""
    async with bench.fresh() as crm:
        subject = await _somebody(bench, crm)
        for key, kind in _kinds(bench).items():
            await kind.erase(subject, bench.context(crm))
            try:
                await kind.erase(subject, bench.context(crm))
            except Exception as error:
                raise Broken(f"“{key}” raises {error!r} when it erases once more what is gone.") from error


async def neighbours_stay(bench: Bench) -> None:
    """Nobody else's data is touched."""
    async with bench.fresh() as crm:
        subject, neighbour = await _somebody(bench, crm), await _somebody(bench, crm)
        for key, kind in _kinds(bench).items():
            before = await _exported(kind, neighbour, bench.context(crm))
            await kind.erase(subject, bench.context(crm))
            if await _exported(kind, neighbour, bench.context(crm)) != before:
                raise Broken(
                    f"“{key}” erased a part of somebody else's data: go by subject.contacts and its points."
                )


async def an_outage_stops_it(bench: Bench) -> None:
    """While the service that keeps the data is away an erasure raises; it never says that it is done."""
    if bench.samples.http is None:
        raise Nothing
    async with bench.fresh() as crm:
        subject = await _somebody(bench, crm)
        http: Any = crm.http_client._transport
        for key, kind in _kinds(bench).items():
            asked = len(http.requests)
            http.trouble = "unreachable"
            try:
                await kind.erase(subject, bench.context(crm))
            except Exception as error:
                bench.heard.append((f"why “{key}” was not erased", str(error)))
                continue
            if len(http.requests) > asked:
                raise Broken(
                    f"“{key}” says that it is erased while its service cannot be reached: let it raise."
                )


async def _somebody(bench: Bench, crm: Any) -> DataSubject:
    if bench.samples.story is None:
        raise Unshown(
            "Data of a person cannot be tried: add Samples(story=…), which writes what the plugin keeps."
        )
    record = await bench.make(crm).contact(phones=[f"+4420794600{len(bench.heard) % 90 + 10}"])
    bench.heard.append(("a story", ""))
    await bench.samples.story(crm, record.id)
    await crm.worker.drain()
    return await subject_of(UUID(str(record.id)), "Erased 1")


async def _exported(kind: PersonalData, subject: DataSubject, plugin: Any) -> list[DataItem]:
    return [item async for item in kind.export(subject, plugin)]


def _refuse(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    raise Broken(f"An exported thing has a {type(value).__name__} in it, which is no JSON: write it as text.")


RULES = rules(
    "personal_data",
    is_registered=("bronze", is_registered),
    strangers_have_nothing=("bronze", strangers_have_nothing),
    all_is_given_out=("bronze", all_is_given_out),
    all_is_erased=("bronze", all_is_erased),
    neighbours_stay=("bronze", neighbours_stay),
    erasing_again_is_quiet=("silver", erasing_again_is_quiet),
    an_outage_stops_it=("silver", an_outage_stops_it),
)
