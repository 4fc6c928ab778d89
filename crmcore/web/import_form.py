"""The form of an import: which column goes where, and what happens to records that are known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from crmcore.contracts.labels import Label
from crmcore.conversions import converted
from crmcore.importing.mapping import columns_to
from crmcore.importing.run import Import, ImportSettings
from crmcore.web.form import Form
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

DUPLICATES = {
    "skip": (N_("Skip"), N_("The known record stays as it is")),
    "update": (N_("Update"), N_("Cells that are not empty replace its values")),
    "merge": (N_("Merge"), N_("Only its empty fields are filled, its lists are added to")),
    "refuse": (N_("Refuse"), N_("The row goes into the file of refused rows")),
}
ENCODINGS = ("utf-8", "windows-1251", "windows-1252", "utf-16", "cp866", "koi8-r", "mac-cyrillic")
DELIMITERS: dict[str, Label] = {
    ",": {"en": "Comma", "ru": "Запятая"},
    ";": {"en": "Semicolon", "ru": "Точка с запятой"},
    "\t": {"en": "Tab", "ru": "Табуляция"},
    "|": {"en": "Vertical bar", "ru": "Вертикальная черта"},
}
WHOLE_NAME: Label = {"en": "Full name, to be split", "ru": "Имя целиком, разделить"}


class ImportForm:
    """Reads the settings of an import from a form, and shows them in one."""

    def __init__(self, visit: Visit, run: Import, fields: Mapping[str, str]) -> None:
        self._visit = visit
        self._run = run
        self.fields = fields

    def sent(self, form: Form, *, dry_run: bool = False) -> ImportSettings:
        """Return what was sent. Raises Invalid for what no form of ours sends."""
        header = self._run.header
        targets = [form.get(f"column.{place}")[:100] for place in range(len(header))]
        asked = {
            "mapping": columns_to(targets, header),
            "duplicates": form.get("duplicates", "skip"),
            "key": form.get("key"),
            "dry_run": dry_run,
            "allow_erased": "allow_erased" in form,
            "encoding": form.get("encoding"),
            "delimiter": "\t" if form.get("delimiter") == "tab" else form.get("delimiter"),
            "sheet": form.get("sheet"),
        }
        return converted(asked, ImportSettings)

    def targets(self, settings: ImportSettings) -> list[str]:
        """Return the field of each column as ``settings`` say, empty for those they do not name."""
        header = self._run.header
        return [
            settings.mapping.get(name, "")
            if header.index(name) == place and name in settings.mapping
            else settings.mapping.get(str(place + 1), "")
            for place, name in enumerate(header)
        ]

    def options(self) -> list[tuple[str, str]]:
        """Return the fields to choose from, by their labels."""
        return sorted(
            self.fields.items(), key=lambda item: (item[0].startswith("custom."), item[1].casefold())
        )

    def keys(self) -> list[tuple[str, str]]:
        """Return by which field records may be told apart; the first is the record type's own way."""
        own = (
            self._visit.texts.gettext("E-mail, phone and other contact points")
            if self._run.record_type == "contact"
            else self._visit.texts.gettext("Nothing: every row is a new record")
        )
        return [("", own), *((name, label) for name, label in self.options() if name != "name"), ("id", "ID")]

    def duplicates(self) -> list[tuple[str, str, str]]:
        """Return what can be done with records that are known, with what each means."""
        said = self._visit.texts.gettext
        return [(key, said(label), said(hint)) for key, (label, hint) in DUPLICATES.items()]

    def encodings(self) -> list[tuple[str, str]]:
        """Return the encodings to choose from."""
        return [("", self._visit.texts.gettext("Found out by itself")), *((name, name) for name in ENCODINGS)]

    def delimiters(self) -> list[tuple[str, str]]:
        """Return what may stand between cells."""
        own = self._visit.texts.gettext("Found out by itself")
        shown = [
            ("tab" if sign == "\t" else sign, self._visit.say(label)) for sign, label in DELIMITERS.items()
        ]
        return [("", own), *shown]


async def import_fields(visit: Visit, record_type: str) -> dict[str, str]:
    """Return the labels of the fields that columns may go into, in the visitor's language."""
    schema = await visit.crm.records.schema(record_type, visit.language, actor=visit.actor)
    properties: dict[str, Any] = dict(schema.get("properties", {}))
    custom = dict(properties.pop("custom", {}).get("properties", {}))
    fields = {
        name: _label(name, rule, visit) for name, rule in properties.items() if not rule.get("readOnly")
    }
    fields |= {
        f"custom.{name}": _label(name, rule, visit)
        for name, rule in custom.items()
        if not rule.get("readOnly")
    }
    if "first_name" in fields:
        fields["name"] = visit.say(WHOLE_NAME)
    return _told_apart(fields)


def _told_apart(fields: Mapping[str, str]) -> dict[str, str]:
    """Return ``fields`` with no label twice: a reference takes an id, other twins show their keys."""
    labels = {
        name: f"{label} (ID)" if name.endswith("_id") and not name.startswith("custom.") else label
        for name, label in fields.items()
    }
    often = Counter(label.casefold() for label in labels.values())
    return {
        name: f"{label} ({name.removeprefix('custom.')})" if often[label.casefold()] > 1 else label
        for name, label in labels.items()
    }


def cells_of(document: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return the values of ``names`` in a row's document as short texts."""
    return [_text(_value(document, name)) for name in names]


def _value(document: Mapping[str, Any], name: str) -> Any:
    if name.startswith("custom."):
        return (document.get("custom") or {}).get(name.removeprefix("custom."))
    if name == "name" and "name" not in document:
        return f"{document.get('first_name', '')} {document.get('last_name', '')}".strip()
    return document.get(name)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)[:200]
    if isinstance(value, Mapping):
        return " ".join(_text(item) for item in value.values() if item)[:200]
    return str(value)[:200]


def _label(name: str, rule: Mapping[str, Any], visit: Visit) -> str:
    title = rule.get("title") or rule.get("x-crm", {}).get("label") or name
    return visit.say(title) or name
