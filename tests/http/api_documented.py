"""Holds every answer of a test to what the OpenAPI document says about it."""

import re
from typing import Any

import httpx2
from jsonschema import Draft202012Validator, FormatChecker

from crmcore.http.openapi.document import openapi_document
from crmcore.workspace import Crm


class Documented:
    """A response hook: the address, the status, the headers and the body must be documented as they are."""

    def __init__(self, crm: Crm, operations: list[Any]) -> None:
        self._crm = crm
        self._operations = operations
        self._document: dict[str, Any] | None = None

    async def __call__(self, response: httpx2.Response) -> None:
        await response.aread()
        if response.request.method in ("HEAD", "OPTIONS"):
            return
        path = response.request.url.path
        if self._document is None or path.startswith("/api/fields"):
            with self._crm.bound():
                self._document = await openapi_document(self._crm, self._operations, "en")
        document = self._document
        found = [template for template in document["paths"] if _matches(template, path)]
        method = response.request.method.lower()
        # A fixed address wins over one with a parameter, as in the router.
        template = min(found, key=lambda template: template.count("{"), default="")
        if method not in document["paths"].get(template, {}):
            assert response.status_code in (204, 404, 405), f"{method} {path} is not documented"
            return
        answers = document["paths"][template][method]["responses"]
        assert str(response.status_code) in answers, (
            f"{method} {template} → {response.status_code}: {response.text}"
        )
        self._check(document, answers[str(response.status_code)], response)

    def _check(self, document: dict[str, Any], answer: dict[str, Any], response: httpx2.Response) -> None:
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        for name in answer["headers"]:
            assert name in response.headers, f"{response.request.url} lacks {name}"
        if "content" not in answer:
            return
        ((media_type, content),) = answer["content"].items()
        assert response.headers["content-type"].partition(";")[0] == media_type
        if media_type.endswith("json") and "fields" not in response.request.url.params:
            schema = {"components": document["components"], **content["schema"]}
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(response.json())


def _matches(template: str, path: str) -> bool:
    pattern = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(template))
    return re.fullmatch(pattern, path) is not None
