"""Calls as panels, pages and messages show them."""

from typing import Any

from crm_telephony import words
from crm_telephony.settings import LISTEN
from crm_telephony.sight import sees_numbers
from crmcore import (
    ActionRef,
    Actor,
    Badge,
    Block,
    Item,
    Items,
    KeyValue,
    KeyValues,
    Link,
    Media,
    Note,
    Num,
    Phone,
    Ref,
    Text,
    Value,
    When,
    text_of,
)


def title_of(row: dict[str, Any], language: str) -> str:
    """Return a call in words, one that goes on too."""
    if row["stage"] != "ended":
        going = words.RINGING if row["stage"] == "ringing" else words.TALKING
        text: str = words.direction_text(row["direction"], language)
        return f"{text}: {text_of(going, language).lower()}"
    return words.call_text(row["direction"], row["outcome"], row["seconds"], language)


def marks_of(row: dict[str, Any], language: str) -> list[Value]:
    """Return the coloured marks of a call."""
    marks: list[Value] = []
    if row["stage"] == "ringing":
        marks.append(Badge(text_of(words.RINGING, language), "warn"))
    elif row["stage"] == "answered":
        marks.append(Badge(text_of(words.TALKING, language), "ok"))
    elif words.tone_of(row["direction"], row["outcome"]) == "bad":
        marks.append(Badge(text_of(words.MISSED, language), "bad"))
    if row["voicemail"]:
        marks.append(Badge(text_of(words.VOICEMAIL, language), "violet"))
    if row["result"] in words.RESULTS and row["result"]:
        marks.append(Badge(text_of(words.RESULTS[row["result"]], language), "accent"))
    return marks


def item_of(
    row: dict[str, Any], actor: Actor, language: str, *, numbers: bool = True, name: str = ""
) -> Item:
    """Return a call as a row of a list; ``name`` is the contact's, where the list is not the contact's own."""
    meta: list[Value] = [When(row["ended_at"])]
    if numbers and sees_numbers(actor) and row["number"].startswith("+"):
        meta.append(Phone(row["number"]))
    if row["recording_url"]:
        # Of calls before recordings were fetched: it is at Twilio.
        meta.append(Link(text_of(words.RECORDING, language), row["recording_url"]))
    return Item(
        title=name or title_of(row, language),
        subtitle=" · ".join(
            part for part in (title_of(row, language) if name else "", row["notes"][:200]) if part
        ),
        meta=(*meta, *marks_of(row, language)),
        href=f"/x/telephony/calls/{row['id']}",
        actions=(ActionRef("note", text_of(words.NOTE, language), str(row["id"])),),
    )


def script_blocks(script: dict[str, Any], language: str) -> tuple[Block, ...]:
    """Return what to say: a step on each line."""
    lines = [line.strip() for line in script["text"].splitlines() if line.strip()]
    title = text_of(words.SCRIPT, language, name=script["name"])
    return (Note(title, "accent"), Items(items=tuple(Item(title=line[:500]) for line in lines[:50])))


def facts_of(row: dict[str, Any], actor: Actor, language: str, contact: str = "") -> KeyValues:
    """Return all there is to say of one call."""
    seconds = text_of(words.UNIT, language)
    pairs: list[tuple[str, Value | None]] = [
        ("when", When(row["started_at"] or row["ended_at"], "datetime")),
        ("contact", Ref("contact", row["contact"], contact) if row["contact"] and contact else None),
        ("number", Phone(row["number"]) if row["number"].startswith("+") and sees_numbers(actor) else None),
        ("line", Text(row["line"]) if row["line"] else None),
        ("queue", Text(row["queue"]) if row["queue"] else None),
        ("agent", Text(row["agent"]) if row["agent"] else None),
        ("rang", Text(row["phones"]) if row["phones"] else None),
        ("waited", Num(row["waited_s"], seconds) if row["direction"] == "in" else None),
        ("talked", Num(row["seconds"], seconds) if row["outcome"] == "answered" else None),
        ("held", Num(row["held_s"], seconds) if row["held_s"] else None),
        ("transferred", Text(row["transferred_to"]) if row["transferred_to"] else None),
        (
            "result",
            Text(text_of(words.RESULTS[row["result"]], language))
            if row["result"] in words.RESULTS and row["result"]
            else None,
        ),
        ("notes", Text(row["notes"]) if row["notes"] else None),
    ]
    return KeyValues(
        items=tuple(
            KeyValue(text_of(words.FACTS[name], language), value)
            for name, value in pairs
            if value is not None
        )
    )


def media_of(row: dict[str, Any], actor: Actor, language: str) -> Media | None:
    """Return the player of a call's recording, for whom it may be played."""
    if row["recording"] is None or not actor.may(LISTEN):
        return None
    title = words.VOICEMAIL if row["voicemail"] else words.RECORDING
    return Media("audio", row["recording"], text_of(title, language))
