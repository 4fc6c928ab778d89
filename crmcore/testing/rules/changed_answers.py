"""Panels while a part of what their service answers is changed, again and again."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from crmcore.contracts.panels import Panel
from crmcore.contracts.subjects import Subject
from crmcore.testing.bench import Bench
from crmcore.testing.hostile import EXECUTABLE
from crmcore.testing.people import People
from crmcore.testing.recorded_http import Answered, AskedRequest, RecordedHttp, Reply
from crmcore.testing.rule import Broken
from crmcore.testing.rules.panel_loading import loaded, panels_of, slots_of, subjects_of


async def with_changed_answers(
    bench: Bench, change: Callable[..., Iterator[bytes]], what: str, *, html: bool
) -> None:
    """Load the panels again and again, each time with another part of what the service answers changed."""
    http = bench.told_http()
    async with bench.fresh(http=http) as crm:
        subjects, people = await subjects_of(bench, crm), People(crm)
        browser = await people.browser("admin")
        try:
            for panel in panels_of(bench).values():
                for subject in list(slots_of(panel, subjects))[:1]:
                    recorder = _Recorder(http)
                    await loaded(bench, panel, subject, "", crm)
                    bodies = list(dict.fromkeys(recorder.bodies))
                    for body in bodies or [b"null"]:
                        for changed in [*change(body, 25)] or [body]:
                            recorder.replace(body, changed)
                            await loaded(bench, panel, subject, what, crm)
                            if html:
                                await _look(bench, browser, panel, subject, what)
                    recorder.end()
        finally:
            await people.aclose()


async def _look(bench: Bench, browser: Any, panel: Panel, subject: Subject, what: str) -> None:
    address = f"/ui/panels/{bench.name}.{panel.key}?ref={subject.record_type}:{subject.id}&again=1"
    page = (await browser.get(address)).text
    bench.heard.append((f"the page of the panel “{panel.key}”", page))
    if any(evil in page for evil in EXECUTABLE) or 'href="javascript:' in page:
        raise Broken(f"A script stands as markup in the panel “{panel.key}” {what}.")


class _Recorder:
    """Sees what the outside answers, and answers something else from then on."""

    def __init__(self, http: RecordedHttp) -> None:
        self.bodies: list[bytes] = []
        self._http = http
        self._told = list(http._told)
        self._instead: tuple[bytes, bytes] | None = None
        http._told = [(method, url, self._seen(reply)) for method, url, reply in self._told]

    def replace(self, body: bytes, other: bytes) -> None:
        """Answer ``other`` wherever ``body`` was the answer."""
        self._instead = (body, other)

    def end(self) -> None:
        """Answer as before."""
        self._http._told = self._told

    def _seen(self, reply: Reply) -> Reply:
        def answered(asked: AskedRequest) -> Answered:
            found = reply(asked)
            if self._instead is None and _is_json(found.body):
                self.bodies.append(found.body)
            if self._instead is not None and found.body == self._instead[0]:
                return msgspec.structs.replace(found, body=self._instead[1])
            return found

        return answered


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
