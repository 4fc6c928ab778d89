"""The API's description for people: one page, complete in itself, without a script."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from crmcore.http.openapi.refusals import known_codes

STYLE = """
:root{color-scheme:light dark;--line:#8883;--soft:#8881;--link:light-dark(#1d4ed8,#8ab4ff)}
*{box-sizing:border-box}
body{margin:0;font:15px/1.55 system-ui,sans-serif;display:grid;grid-template-columns:15rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem 1rem;border-right:1px solid var(--line)}
nav ul{list-style:none;margin:0 0 1rem;padding:0}nav li{padding:.1rem 0}nav strong{display:block;margin-top:.6rem}
main{padding:1.5rem 2rem 6rem;max-width:60rem}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
h1{margin:0 0 .5rem;font-size:1.6rem}h2{margin:3rem 0 .5rem;text-transform:capitalize}
article{border-top:1px solid var(--line);padding:1rem 0}h3{margin:0 0 .25rem;font-size:1rem}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:var(--soft);padding:.75rem;overflow:auto}
.method{display:inline-block;min-width:4.2rem;font-weight:700}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}
td{overflow-wrap:break-word}summary{cursor:pointer}
@media(max-width:48rem){body{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}
"""
CODE = re.compile(r"`([^`]+)`")


def style_source() -> str:
    """Return the Content-Security-Policy source that allows this page's style and no other."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode() + "'"


def documentation_page(document: dict[str, Any], language: str) -> str:
    """Return the page that shows ``document``, an OpenAPI document."""
    title = escape(document["info"]["title"])
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append((method.upper(), path, operation))
    return "".join(
        [
            f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{STYLE}</style></head><body>",
            f"<nav>{''.join(_contents(groups))}</nav>",
            f"<main><h1>{title} {escape(document['info']['version'])}</h1>",
            f'<p><a href="/api/openapi.json">openapi.json</a> · OpenAPI {document["openapi"]}</p>',
            *(f"<p>{_text(part)}</p>" for part in document["info"]["description"].split("\n\n")),
            *(_group(document, tag, operations) for tag, operations in groups.items()),
            _schemas(document),
            _codes(),
            "</main></body></html>",
        ]
    )


def _contents(groups: dict[str, list[tuple[str, str, dict[str, Any]]]]) -> Iterator[str]:
    for tag, operations in groups.items():
        yield f'<strong><a href="#{escape(tag)}">{escape(tag)}</a></strong><ul>'
        for _, _, operation in operations:
            yield f'<li><a href="#{operation["operationId"]}">{escape(operation["summary"])}</a></li>'
        yield "</ul>"
    yield '<strong><a href="#shapes">Shapes</a></strong><strong><a href="#codes">Error codes</a></strong>'


def _group(document: dict[str, Any], tag: str, operations: list[tuple[str, str, dict[str, Any]]]) -> str:
    articles = "".join(_article(document, *operation) for operation in operations)
    return f'<section id="{escape(tag)}"><h2>{escape(tag)}</h2>{articles}</section>'


def _article(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [
        f'<article id="{operation["operationId"]}"><h3>{escape(operation["summary"])}</h3>',
        f'<p><code><span class="method">{method}</span>{escape(path)}</code></p>',
        f"<p>{_text(operation['description'])}</p>",
    ]
    parameters = [_resolved(document, parameter) for parameter in operation["parameters"]]
    rows = [
        [
            f"<code>{escape(parameter['name'])}</code>{' *' if parameter['required'] else ''}",
            escape(parameter["in"]),
            _type(parameter["schema"]),
            _text(parameter["description"]),
        ]
        for parameter in parameters
        if parameter["name"] != "Accept-Language"
    ]
    if rows:
        parts.append(_table(["Parameter", "In", "Type", ""], rows))
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Body: <code>{escape(media_type)}</code> {_type(content['schema'])}</p>")
        example = content.get("example", _example(document, content["schema"]))
        if example is not None:
            parts.append(f"<pre>{_json(example)}</pre>")
    parts.append(
        _table(["Answer", "", ""], [_answer(document, *item) for item in operation["responses"].items()])
    )
    return "".join([*parts, "</article>"])


def _answer(document: dict[str, Any], status: str, response: dict[str, Any]) -> list[str]:
    response = _resolved(document, response)
    kinds = [_type(content["schema"]) for content in response.get("content", {}).values()]
    return [f"<code>{status}</code>", " ".join(kinds), _text(response["description"])]


def _schemas(document: dict[str, Any]) -> str:
    parts = ['<section id="shapes"><h2>Shapes</h2>']
    for name, schema in document["components"]["schemas"].items():
        about = f"<p>{_text(schema['description'])}</p>" if "description" in schema else ""
        rows = [
            [
                f"<code>{escape(key)}</code>{' *' if key in schema.get('required', []) else ''}",
                _type(value),
                _text(value.get("title", "") + (": " if "description" in value and "title" in value else ""))
                + _text(value.get("description", "")),
            ]
            for key, value in _properties(schema)
        ]
        table = _table(["Property", "Type", ""], rows) if rows else f"<pre>{_json(schema)}</pre>"
        parts.append(f'<article id="shape-{escape(name)}"><h3>{escape(name)}</h3>{about}{table}</article>')
    return "".join([*parts, "</section>"])


def _properties(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in schema.get("properties", {}).items():
        yield prefix + key, value
        if key == "custom":
            yield from _properties(value, "custom.")


def _codes() -> str:
    rows = [
        [
            f'<code id="{escape(entry["code"])}">{escape(entry["code"])}</code>',
            str(entry["status"]),
            escape(entry["text"]),
        ]
        for entry in known_codes()
    ]
    return f'<section id="codes"><h2>Error codes</h2>{_table(["Code", "Status", "Sentence"], rows)}</section>'


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#shape-{name}">{name}</a>'
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(_type(part) for part in schema.get("anyOf", schema.get("oneOf", [])))
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    kinds = schema.get("type", "anything")
    kind = escape(" or ".join(kinds) if isinstance(kinds, list) else kinds)
    if "items" in schema:
        return f"{kind} of {_type(schema['items'])}"
    return f"{kind} ({escape(schema['format'])})" if "format" in schema else kind


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    examples = _resolved(document, schema).get("examples", [])
    return examples[0] if examples else None


def _resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: dict[str, Any] = found
    return resolved


def _table(head: list[str], rows: list[list[str]]) -> str:
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _text(text: str) -> str:
    return CODE.sub(r"<code>\1</code>", escape(text))


def _json(value: Any) -> str:
    return escape(json.dumps(value, ensure_ascii=False, indent=2, default=str))
