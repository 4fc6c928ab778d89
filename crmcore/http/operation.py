"""One operation of the JSON API: what it does, what it takes, what it answers, and who may ask."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import Struct, field

from crmcore.http.answers import Answer
from crmcore.http.request import CrmRequest

Schema = dict[str, Any]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[[CrmRequest], Awaitable[Answer]]


class Parameter(Struct, frozen=True, kw_only=True):
    """A parameter beside the body, as OpenAPI 3.1 describes it."""

    name: str
    where: Literal["query", "header", "path"]
    description: str
    schema: Schema
    required: bool = False
    example: Any = None


class Success(Struct, frozen=True, kw_only=True):
    """The answer when it goes well. Without ``schema`` it has no body."""

    status: int = 200
    description: str = ""
    schema: Schema | None = None
    headers: tuple[str, ...] = ()
    example: Any = None
    media_type: str = "application/json"


class Operation(Struct, frozen=True, kw_only=True):
    """One method at one address.

    Exactly one of ``permission`` (needed on top of being signed in), ``public`` (anybody) and ``anyone``
    (anybody signed in) says who may ask; ``signed`` routes prove their sender by a signature. ``others`` are
    further answers that are not problems. ``refusals`` are the 4xx answers beyond those every operation can
    give. ``idempotency`` says how an ``Idempotency-Key`` is kept: ``together`` in the transaction of the effect,
    ``after`` when the parts of the effect commit on their own.
    """

    id: str
    method: Method
    path: str
    tag: str
    summary: str
    handler: Handler
    description: str = ""
    permission: str = ""
    public: bool = False
    signed: bool = False
    anyone: bool = False
    body: Schema | None = None
    body_required: bool = True
    body_media_type: str = "application/json"
    example: Any = None
    success: Success = field(default_factory=Success)
    others: tuple[Success, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[int, ...] = ()
    idempotency: Literal["", "together", "after"] = ""
    documented: bool = True


def reference(name: str) -> Schema:
    """Return the schema that points at the component ``name``."""
    return {"$ref": f"#/components/schemas/{name}"}


def path_id(name: str = "id", description: str = "The record's id.") -> Parameter:
    """Return the path parameter of a UUID."""
    return Parameter(
        name=name,
        where="path",
        description=description,
        required=True,
        schema={"type": "string", "format": "uuid"},
    )
