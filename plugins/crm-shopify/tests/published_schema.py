"""Shopify's published schema: whole, and cut down to what the stand-in needs."""

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from crm_shopify import queries
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    parse,
    print_type,
    visit,
)

QUERIES = {
    name: value
    for name, value in vars(queries).items()
    if isinstance(value, str) and not name.startswith("_") and ("query " in value or "mutation " in value)
}
_FOLDER = Path(__file__).parent / "schema"
_BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


def documents() -> list[Path]:
    """Return the schemas there are: ours, and every other version in the folder of ``CRMCORE_ORACLES``."""
    found = {file.name: file for file in _FOLDER.glob("admin_*.json.gz")}
    if oracles := os.environ.get("CRMCORE_ORACLES"):
        found |= {file.name: file for file in (Path(oracles) / "shopify").glob("admin_*.json.gz")}
    return [found[name] for name in sorted(found)]


@cache
def published(file: Path = _FOLDER / f"admin_{queries.API_VERSION}.json.gz") -> dict[str, Any]:
    """Return the introspection of the Admin API with the scopes that its types and fields need."""
    with gzip.open(file) as opened:
        document: dict[str, Any] = json.load(opened)
    return document


@cache
def schema(file: Path = _FOLDER / f"admin_{queries.API_VERSION}.json.gz") -> GraphQLSchema:
    """Return the schema; graphql-core is stricter than its authors, so it is taken as valid."""
    return build_client_schema(published(file)["data"], assume_valid=True)


def fields_of(query: str, whole: GraphQLSchema) -> list[tuple[str, FieldNode, Any]]:
    """Return each field of a query with the name of its type and its definition."""
    info = TypeInfo(whole)
    found: list[tuple[str, FieldNode, Any]] = []

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = info.get_parent_type()
            assert parent is not None
            found.append((parent.name, node, info.get_field_def()))

    visit(parse(query), TypeInfoVisitor(info, Collect()))
    return found


def cut_down(whole: GraphQLSchema) -> str:
    """Return, as SDL, the types, fields and arguments that our queries name, and what their inputs are made of."""
    objects: dict[str, dict[str, set[str]]] = {}
    others: set[str] = set()
    for query in QUERIES.values():
        for parent, node, field in fields_of(query, whole):
            objects.setdefault(parent, {}).setdefault(node.name.value, set()).update(
                argument.name.value for argument in node.arguments or ()
            )
            others.add(get_named_type(field.type).name)
            others |= {get_named_type(field.args[one.name.value].type).name for one in node.arguments or ()}
    todo = [name for name in others if name not in objects]
    while todo:
        kind = whole.type_map[todo.pop()]
        if isinstance(kind, GraphQLInputObjectType):
            named = {get_named_type(one.type).name for one in kind.fields.values()}
            todo += [name for name in named if name not in others]
            others |= named
    parts = ["schema { query: QueryRoot mutation: Mutation }", "directive @idempotent(key: String!) on FIELD"]
    for name in sorted(objects):
        parts.append(_object(whole.type_map[name], objects[name]))
    for name in sorted(others - set(objects) - _BUILT_IN):
        kind = whole.type_map[name]
        assert isinstance(kind, GraphQLEnumType | GraphQLInputObjectType | GraphQLScalarType), name
        parts.append(_without_descriptions(print_type(kind)))
    return "\n\n".join(parts) + "\n"


def _object(kind: Any, used: dict[str, set[str]]) -> str:
    assert isinstance(kind, GraphQLObjectType)
    lines = []
    for name in sorted(used):
        field = kind.fields[name]
        arguments = [f"{one}: {field.args[one].type}" for one in sorted(used[name])]
        lines.append(f"  {name}{'(' + ', '.join(arguments) + ')' if arguments else ''}: {field.type}")
    return "\n".join([f"type {kind.name} {{", *lines, "}"])


def _without_descriptions(text: str) -> str:
    kept, inside = [], False
    for line in text.splitlines():
        marks = line.count('"""')
        if not inside and not marks and line.strip():
            kept.append(line)
        if marks == 1:
            inside = not inside
    return "\n".join(kept)


if __name__ == "__main__":
    from crm_shopify.standin import schema as standin

    target = Path(standin.__file__).with_name(standin.FILE)
    target.write_text(cut_down(schema()), encoding="utf-8")
