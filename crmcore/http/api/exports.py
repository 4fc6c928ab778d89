"""Exports over HTTP: what a list finds, as a file."""

from typing import TYPE_CHECKING, Any

from crmcore.contracts.records import RecordType
from crmcore.exporting.service import READ, ExportSettings
from crmcore.http.answers import Answer
from crmcore.http.api.addresses import label, labels, record_types
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.documents import decode_document
from crmcore.http.listing import flag_of
from crmcore.http.operation import Operation, Parameter, Success
from crmcore.http.refusals import BadFilter, BadJson
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NAMES = ("format", "q", "filter", "sort", "deleted", "view", "columns", "labels", "delimiter")
TEXT = {"type": "string"}
FLAG = {"type": "boolean", "default": False}


def export_operations(crm: "Crm") -> list[Operation]:
    """Return the export of every record type."""
    return [_export(crm, kind) for kind in record_types(crm)]


def _export(crm: "Crm", record_type: RecordType) -> Operation:
    async def export(request: CrmRequest) -> Answer:
        settings = _settings(request)
        found = await crm.exports.prepare(record_type.key, settings, actor=actor_of(request))
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Answer(stream=found.pieces, media_type=found.media_type, headers=headers)

    return Operation(
        id=f"export_{record_type.plural}",
        method="GET",
        path=f"/api/{record_type.plural}/export",
        tag=record_type.plural,
        summary=f"Export {labels(record_type)}",
        description=(
            f"Every {label(record_type)} that the list finds, as CSV (UTF-8) or XLSX, page by page. Texts that a "
            "spreadsheet would run begin with an apostrophe; sensitive values are masked. An import reads it back. "
            f"Needs `{record_type.key}.read` too."
        ),
        permission=READ,
        parameters=(
            _parameter(
                "format", "csv or xlsx.", {"type": "string", "enum": ["csv", "xlsx"], "default": "csv"}
            ),
            _parameter("q", "Words to search for.", {"type": "string", "maxLength": 200}),
            _parameter("filter", "A filter as JSON.", TEXT),
            _parameter("sort", "The order; by default the oldest first.", TEXT),
            _parameter("deleted", "Those that were deleted instead.", FLAG),
            _parameter("view", "A saved view; filters are added to its own.", {**TEXT, "format": "uuid"}),
            _parameter("columns", "Fields by name, separated by commas; without it, all.", TEXT),
            _parameter("labels", "Labels above the columns instead of names.", FLAG),
            _parameter(
                "delimiter",
                "Between the cells of CSV.",
                {"type": "string", "enum": [",", ";", "tab"], "default": ","},
            ),
        ),
        success=Success(description="The file, to be saved."),
        refusals=(400, 404, 422),
        handler=export,
    )


def _parameter(name: str, description: str, schema: dict[str, Any]) -> Parameter:
    return Parameter(name=name, where="query", description=description, schema=schema)


def _settings(request: CrmRequest) -> ExportSettings:
    values = request.query(*NAMES)
    query: dict[str, Any] = {name: values[name] for name in ("q", "sort") if name in values}
    query["deleted"] = flag_of(values, "deleted")
    if text := values.get("filter"):
        try:
            query["filter"] = decode_document(text.encode(), request.language)
        except BadJson as error:
            raise BadFilter(**error.params) from None
    document: dict[str, Any] = {
        name: values[name] for name in ("format", "view", "delimiter") if values.get(name)
    }
    if document.get("delimiter") == "tab":
        document["delimiter"] = "\t"
    if values.get("columns", "").strip():
        document["columns"] = [name.strip() for name in values["columns"].split(",")]
    return converted({**document, "query": query, "labels": flag_of(values, "labels")}, ExportSettings)
