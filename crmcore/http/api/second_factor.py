"""One's own second factor over HTTP: setting up an authenticator app."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from crmcore.accounts.passwords import LONGEST
from crmcore.http.answers import Answer
from crmcore.http.api.sessions import own_id, own_secret
from crmcore.http.conversions import converted
from crmcore.http.operation import Operation, Success, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

HERE = "/api/me/second-factor"


class OwnPassword(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password of who asks."""

    password: Annotated[str, Meta(min_length=1, max_length=LONGEST)]

    def __repr__(self) -> str:
        return "OwnPassword(…)"


class FirstCode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the app shows now: six digits, spaces between them do not matter."""

    code: Annotated[str, Meta(min_length=6, max_length=100)]


def second_factor_operations(crm: "Crm") -> list[Operation]:
    """Return state, beginning and confirmation."""

    async def get_second_factor(request: CrmRequest) -> Answer:
        return Answer(body=await crm.second_factors.state(own_id(request)))

    async def begin_second_factor(request: CrmRequest) -> Answer:
        own = own_id(request)
        given = converted(await request.document(), OwnPassword)
        await crm.accounts.is_password_of(own, given.password, "/password")
        return Answer(body=await crm.second_factors.begin(own))

    async def confirm_second_factor(request: CrmRequest) -> Answer:
        own = own_id(request)
        given = converted(await request.document(), FirstCode)
        codes = await crm.second_factors.confirm(own, given.code)
        await crm.accounts.sessions.close_all(own, but=own_secret(crm, request))
        return Answer(body={"recovery_codes": codes})

    return [
        Operation(
            id="get_second_factor",
            method="GET",
            path=HERE,
            tag="access",
            summary="Read whether your second factor is on",
            description="`since` is null while it is off. A token needs `token.write`.",
            anyone=True,
            success=Success(schema=reference("SecondFactor"), description="What there is."),
            handler=get_second_factor,
        ),
        Operation(
            id="begin_second_factor",
            method="POST",
            path=HERE,
            tag="access",
            summary="Begin to set up an authenticator app",
            description=(
                "`uri` is what its QR code says, `secret` the same to type in; both are the same again for ten "
                "minutes. Nothing is on until the first code came. A token needs `token.write`."
            ),
            anyone=True,
            body=reference("OwnPassword"),
            example={"password": "violet tractor umbrella"},
            success=Success(schema=reference("Enrolment"), description="What the app needs."),
            refusals=(409, 422, 429),
            handler=begin_second_factor,
        ),
        Operation(
            id="confirm_second_factor",
            method="POST",
            path=f"{HERE}/confirm",
            tag="access",
            summary="Switch your second factor on with the app's first code",
            description=(
                "The recovery codes are shown this once, and each signs in once. Your other sessions end; a token "
                "ends all of them."
            ),
            anyone=True,
            body=reference("FirstCode"),
            example={"code": "123456"},
            success=Success(schema=reference("RecoveryCodes"), description="It is on."),
            refusals=(409, 422),
            handler=confirm_second_factor,
        ),
    ]
