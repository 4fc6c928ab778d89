"""Write docs/reference: every hook from its specification, and every event.

``python scripts/hook_reference.py`` writes the pages; a test holds them against what this makes.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from crmcore import hookspecs
from crmcore.plugins.specs import DEADLINES_S, HookKind, HookSpec, read_specs
from crmcore.settings import WorkspaceSettings
from crmcore.webhooks.names import event_names
from crmcore.workspace import Crm

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "docs" / "reference"
SINCE = re.compile(r"\s*Since (\d+\.\d+)\.\s*")
FAILURE = re.compile(r"fail|tried again|skipped|refus|rolls|idempotent", re.IGNORECASE)
TITLES: dict[HookKind, str] = {
    "register": "Register",
    "event": "Events",
    "transaction": "In the transaction",
    "decision": "Decisions",
    "filter": "Filters",
}
CALLED: dict[HookKind, str] = {
    "register": "Once, when the workspace starts.",
    "event": "By a job, after the change is committed: at least once, in order per record.",
    "transaction": "Inside the transaction of the write.",
    "decision": "In turn: plugins by name, the core last; the first answer that is not None wins.",
    "filter": "In turn: plugins by name, each is given what the one before it returned.",
}
# What an event is about, by the end of its name.
EVENTS = {
    "_created": "The record was made, by whatever path: page, API, import, receiving, plugin.",
    "_updated": "The record changed. `changes` maps each changed field to `[before, after]`.",
    "_deleted": "The record was deleted. People can restore it for a while.",
    "_restored": "The record is back that was deleted.",
    "_unmerged": "A merge was undone: both records are as they were.",
    "_merged": "Two records became one. `record_id` is the one that is kept.",
    "message_received": "A customer's message was appended to a conversation. `data` has `conversation_id`, "
    "`contact_id`, `channel`, `account_id`, and `details` where the channel gave any.",
    "message_written": "Somebody answered a customer. `data` has `conversation_id` and `contact_id`.",
    "note_written": "Somebody wrote a note that customers never see. `data` has `conversation_id`.",
}


def users() -> dict[str, list[str]]:
    """Return who implements each hook: the core, and the plugins of this repository by name."""
    found: dict[str, set[str]] = {}
    places = {"core": ROOT / "crmcore" / "builtin"}
    for folder in sorted((ROOT / "plugins").glob("crm-*")):
        places[folder.name.removeprefix("crm-")] = folder / "src"
    for name, place in places.items():
        for file in place.rglob("*.py"):
            for hook in hooks_in(file):
                found.setdefault(hook, set()).add(name)
    return {hook: sorted(names, key=lambda one: (one != "core", one)) for hook, names in found.items()}


def hooks_in(file: Path) -> Iterator[str]:
    """Return the names of the functions in ``file`` that are marked with ``hookimpl``."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = [ast.unparse(mark).partition("(")[0] for mark in node.decorator_list]
            if any(mark.rpartition(".")[2] == "hookimpl" for mark in marks):
                yield node.name


def hook_page() -> str:
    """Return the page of all hooks."""
    specs, using = read_specs(), users()
    parts = [
        "# Hook reference",
        "",
        "Made by `scripts/hook_reference.py` from `crmcore/hookspecs.py`; a test holds both "
        "together. What hooks are for, "
        "and which to take, stands in [hooks](../hooks.md).",
    ]
    kind = ""
    for spec in specs.values():
        if spec.kind != kind:
            kind = spec.kind
            parts += ["", f"## {TITLES[spec.kind]}"]
        parts += ["", *section(spec, using.get(spec.name, []))]
    return "\n".join(parts) + "\n"


def section(spec: HookSpec, using: list[str]) -> Iterator[str]:
    """Return the lines about one hook."""
    function = getattr(hookspecs, spec.name)
    text = " ".join((inspect.getdoc(function) or "").split())
    since = SINCE.search(text)
    sentences = re.split(r"(?<=[.:]) (?=[A-Z`])", SINCE.sub("", _plain(text)).strip())
    failure = [sentence for sentence in sentences if FAILURE.search(sentence)]
    told = [sentence for sentence in sentences if sentence not in failure]
    yield f"### `{spec.name}`"
    yield ""
    yield " ".join(told)
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| called | {CALLED[spec.kind]} It has {DEADLINES_S[spec.kind]:g} s. |"
    hints = inspect.get_annotations(function)
    arguments = [f"`{name}: {hints[name]}`".replace("|", "\\|") for name in spec.arguments]
    yield f"| arguments | {', '.join(arguments) or 'none'} |"
    yield f"| returns | `{str(hints.get('return')).replace('|', chr(92) + '|')}` |"
    yield f"| when it fails | {' '.join(failure)} |"
    yield f"| since | {since[1] if since else '?'} |"
    yield f"| used by | {', '.join(using)} |"


def event_page() -> str:
    """Return the page of all events."""
    with TemporaryDirectory() as folder:
        crm = Crm.build(WorkspaceSettings(data_dir=folder), entry_points=[])
        types = dict(crm.records.types)
        crm.host.close()
    hooks = {name for name, spec in read_specs().items() if spec.kind == "event"}
    parts = [
        "# Events",
        "",
        "Made by `scripts/hook_reference.py`. Every event is written in the transaction of its "
        "change, and told afterwards: "
        "to [endpoints](../webhooks.md) that chose it, to [open pages and programs](../live.md), and "
        "to plugins where there "
        "is a hook of its name. Record types of plugins have `KEY_created`, `KEY_updated`, "
        "`KEY_deleted` and `KEY_restored` "
        "too, and plugins write events of their own with `plugin.emit`, named `PLUGIN.NAME`.",
    ]
    for name in event_names(types):
        about = next(text for ending, text in EVENTS.items() if name.endswith(ending))
        hook = f" Plugins: hook [`{name}`](hooks.md#{name})." if name in hooks else ""
        parts += ["", f"## `{name}`", "", f"{about}{hook}"]
    return "\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """Return reStructuredText as Markdown."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", text)
    return text.replace("``", "`")


PAGES = {"hooks.md": hook_page, "events.md": event_page}

if __name__ == "__main__":
    for page, made in PAGES.items():
        (PLACE / page).write_text(made(), encoding="utf-8")
