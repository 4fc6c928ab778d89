"""Which addresses and which events an endpoint may have."""

import re
from collections.abc import Collection, Sequence

from crmcore.contracts.labels import Label
from crmcore.contracts.outgoing import OutgoingRefused
from crmcore.contracts.problems import Problem
from crmcore.outgoing.client import GuardedClient
from crmcore.plugins.names import nearest
from crmcore.webhooks.names import ALL, is_wanted

_NO_EVENT: Label = {
    "en": "There is no event “{name}”. Possible: *, {known}.",
    "ru": "События «{name}» нет. Можно: *, {known}.",
}
_MEANT: Label = {
    "en": "There is no event “{name}”. Did you mean “{near}”?",
    "ru": "События «{name}» нет. Может быть, «{near}»?",
}
_OF_PLUGIN = re.compile(r"[a-z][a-z0-9_]{1,30}\.[a-z][a-z0-9_]{1,27}")


def url_problems(url: str, client: GuardedClient) -> list[Problem]:
    """Return why nothing would ever be sent to ``url``; names are looked up only when something is sent."""
    try:
        client.check(url)
    except OutgoingRefused as error:
        return [Problem(path="/url", code="bad_url", message=error.label())]
    return []


def event_problems(events: Sequence[str], known: Collection[str]) -> list[Problem]:
    """Return a problem for each name that no event has."""
    problems = []
    for place, name in enumerate(events):
        if name == ALL or name in known or (_OF_PLUGIN.fullmatch(name) and is_wanted(name, known)):
            continue
        path, near = f"/events/{place}", nearest(name, list(known))
        params = {"name": name, "near": near} if near else {"name": name, "known": ", ".join(known)}
        problems.append(
            Problem(path=path, code="unknown_event", message=_MEANT if near else _NO_EVENT, params=params)
        )
    return problems
