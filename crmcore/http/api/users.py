"""What users need beyond their records: a password."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import id_of
from crmcore.http.operation import Operation, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class NewPassword(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user's new password."""

    password: Annotated[str, Meta(min_length=1, max_length=1000)]

    def __repr__(self) -> str:
        return "NewPassword(…)"


def user_operations(crm: "Crm") -> list[Operation]:
    """Return the setting of a password."""

    async def set_password(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), NewPassword)
        id = id_of(request)
        await crm.roles.demand_over(id, actor_of(request))
        await crm.accounts.set_password(id, asked.password)
        return Answer(status=204)

    return [
        Operation(
            id="set_password",
            method="PUT",
            path="/api/users/{id:str}/password",
            tag="users",
            summary="Set a user's password",
            description="Ends all of the user's sessions. Tokens stay; revoke them when you have to.",
            permission="user.write",
            parameters=(path_id(description="The user's id."),),
            body=reference("NewPassword"),
            example={"password": "correct horse battery staple"},
            success=Success(status=204, description="It was set."),
            refusals=(404,),
            handler=set_password,
        )
    ]
