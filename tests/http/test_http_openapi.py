import json
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from openapi_spec_validator import OpenAPIV31SpecValidator

from crmcore.http.openapi.page import style_source
from crmcore.workspace import Crm

TIER = {
    "record_type": "contact",
    "key": "tier",
    "label": {"en": "Tier <b>", "ru": "Уровень"},
    "type": "drop_down",
    "options": {"choices": [{"value": "gold"}, {"value": "silver"}]},
    "required": True,
}


@pytest.fixture
async def document(client: httpx2.AsyncClient) -> dict[str, Any]:
    """The description, with a required custom field."""
    assert (await client.post("/api/fields", json=TIER)).status_code == 201
    found: dict[str, Any] = (await client.get("/api/openapi.json")).json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


async def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_every_route_is_documented_and_explained(document: dict[str, Any], app: Litestar) -> None:
    described = {(method.upper(), path) for method, path, _ in operations(document)}
    served = {
        (handler.opt["operation"].method, handler.opt["operation"].path.replace(":str}", "}"))
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if isinstance(handler, HTTPRouteHandler) and "operation" in handler.opt
    }
    assert described == served
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations(document):
        assert operation["summary"], path
        assert len(operation["description"]) > 10, path
        named = {parameter["name"] for parameter in operation["parameters"] if parameter.get("in") == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path
        assert ("requestBody" in operation) <= (method in ("post", "put", "patch"))


async def test_every_operation_says_how_it_refuses(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        answers = operation["responses"]
        assert {"500", "503"} <= set(answers), path
        public = operation.get("security") == []
        assert public or {"401", "403"} <= set(answers), path
        if "{id}" in path:
            assert "404" in answers, path
        if "requestBody" in operation and "/hooks/" not in path:
            assert {"400", "413", "415", "422"} <= set(answers), path
    for name, response in document["components"]["responses"].items():
        example = response["content"]["application/problem+json"]["example"]
        problem = {"components": document["components"], "$ref": "#/components/schemas/Problem"}
        Draft202012Validator(problem).validate(example), name


async def test_every_reference_leads_somewhere_and_every_shape_is_used(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    used = {part.partition('"')[0] for part in text.split('"$ref": "')[1:]}
    for reference in used:
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert names - used == set()


async def test_custom_fields_are_part_of_the_shapes(document: dict[str, Any]) -> None:
    shapes = document["components"]["schemas"]
    for name in ("Contact", "ContactCreate"):
        assert shapes[name]["properties"]["custom"]["properties"]["tier"]["enum"] == ["gold", "silver"]
    assert shapes["ContactCreate"]["properties"]["custom"]["required"] == ["tier"]
    assert "required" not in shapes["Contact"]["properties"]["custom"]
    assert "required" not in shapes["ContactChanges"]["properties"]["custom"]
    assert {"type": "null"} in shapes["ContactChanges"]["properties"]["custom"]["properties"]["tier"]["anyOf"]
    assert "id" not in shapes["ContactCreate"]["properties"]


async def test_examples_of_bodies_are_valid_and_accepted(
    document: dict[str, Any], client: httpx2.AsyncClient, crm: Crm
) -> None:
    for method, path, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        shape = content["schema"]
        if "$ref" in shape:
            shape = document["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
        example = content.get("example", (shape.get("examples") or [None])[0])
        if shape == {"type": "object"} or (example is None and not operation["requestBody"]["required"]):
            continue
        assert example is not None or method == "patch", f"{method} {path} has no example"
        if example is not None:
            Draft202012Validator({"components": document["components"], **shape}).validate(example)
    for plural in ("contacts", "companies", "tags", "teams", "tasks"):
        shape = document["paths"][f"/api/{plural}"]["post"]["requestBody"]["content"]["application/json"][
            "schema"
        ]
        example = document["components"]["schemas"][shape["$ref"].rpartition("/")[2]]["examples"][0]
        answer = await client.post(f"/api/{plural}", json=example)
        assert answer.status_code == 201, f"{plural}: {example} {answer.text}"


async def test_titles_are_in_the_asker_s_language(client: httpx2.AsyncClient) -> None:
    russian = (await client.get("/api/openapi.json", headers={"Accept-Language": "ru"})).json()
    assert russian["components"]["schemas"]["Contact"]["properties"]["first_name"]["title"] == "Имя"


async def test_the_page_is_complete_in_itself(client: httpx2.AsyncClient, document: dict[str, Any]) -> None:
    answer = await client.get("/api/docs")
    page = answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert f"style-src {style_source()};" in answer.headers["Content-Security-Policy"]
    for outside in ("<script", "<link", "<img", "@import", "url(", "http://cdn", "https://", "style="):
        assert outside not in page.partition("<main>")[0], outside
        assert outside in ("https://", "http://cdn") or outside not in page, outside
    for _, path, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in page
        assert path.replace("&", "&amp;") in page
    assert 'id="version_conflict"' in page
    assert "Tier &lt;b&gt;" in page
    assert "<b>" not in page


async def test_the_description_is_not_for_strangers(anonymous: httpx2.AsyncClient) -> None:
    for address in ("/api/openapi.json", "/api/docs"):
        assert (await anonymous.get(address)).status_code == 401
