"""Where vendors deliver: raw bytes in, verified by the channel's own signature."""

from typing import TYPE_CHECKING

from crmcore.errors import NotFound
from crmcore.http.answers import Answer
from crmcore.http.api.channels import ACCOUNT
from crmcore.http.operation import Method, Operation, Success
from crmcore.http.receiving import answer_of, inbound_request
from crmcore.http.request import CrmRequest
from crmcore.plugins.names import CORE

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NO_HOOK = {"en": "There is no such channel account.", "ru": "Такого подключения нет."}


def hook_operations(crm: "Crm") -> list[Operation]:
    """Return the two methods that vendors use."""

    async def receive(request: CrmRequest) -> Answer:
        account = str(request.path_params["account"])
        found = await crm.channel_accounts.get(account)
        if found.row["plugin"] == CORE:
            # The core's channels have doors of their own and check nothing that a stranger could not forge.
            raise NotFound(NO_HOOK)
        return answer_of(await crm.conversations.receive(account, await inbound_request(crm, request)))

    methods: tuple[Method, ...] = ("POST", "GET")
    return [
        Operation(
            id=f"{method.lower()}_hook",
            method=method,
            path="/hooks/{account:str}",
            tag="channels",
            summary="Deliver a vendor's webhook" if method == "POST" else "Answer a vendor's probe",
            description=(
                "The channel verifies the raw request by its signature and decides the answer. What was verified is "
                "stored under its delivery key before the answer; the same delivery again gets the same answer."
            ),
            signed=True,
            parameters=(ACCOUNT,),
            body={} if method == "POST" else None,
            body_media_type="*/*",
            success=Success(status=202, description="It is stored, or was before."),
            others=(Success(description="What the vendor expects instead, in its own form."),),
            refusals=(401, 404, 413, 422),
            handler=receive,
        )
        for method in methods
    ]
