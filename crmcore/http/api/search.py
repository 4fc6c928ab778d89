"""Search over everything at once."""

from typing import TYPE_CHECKING

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.listing import CURSOR, LIMIT, cursor_of, limit_of, text_of_query
from crmcore.http.operation import Operation, Parameter, Success, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def search_operations(crm: "Crm") -> list[Operation]:
    """Return the search."""

    async def search(request: CrmRequest) -> Answer:
        values = request.query("q", "type", "limit", "cursor")
        finds = await crm.search.find(
            text_of_query(values, "q"),
            actor=actor_of(request),
            record_type=values.get("type", ""),
            limit=limit_of(values),
            cursor=cursor_of(values),
        )
        return Answer(body=finds)

    types = [*crm.search.all_types()]
    return [
        Operation(
            id="search",
            method="GET",
            path="/api/search",
            tag="search",
            summary="Search everything",
            description=(
                "Records and messages that have every word of `q`, of the last one the beginning, newest first; "
                "only what you may read. Words are found in any form, English and Russian; phone numbers by four or "
                "more of their last digits; `#123` is a conversation's number. When no record has a word, it is "
                "taken for a misspelt name: `meant` says for which. `best` are, on the first page of a search "
                "without `type`, the records that fit best."
            ),
            anyone=True,
            parameters=(
                Parameter(
                    name="q",
                    where="query",
                    description="The words.",
                    schema={"type": "string", "maxLength": 200},
                    example="anna refund",
                ),
                Parameter(
                    name="type",
                    where="query",
                    description="Only records of this type.",
                    schema={"type": "string", "enum": types},
                ),
                LIMIT,
                CURSOR,
            ),
            success=Success(schema=reference("Finds"), description="One page."),
            refusals=(400, 403, 404, 422),
            handler=search,
        )
    ]
