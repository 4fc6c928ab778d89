"""The part of Shopify's published schema that the stand-in executes."""

from importlib.resources import files

from graphql import GraphQLSchema, build_schema

FILE = "admin_2026-07.graphql"


def trimmed() -> GraphQLSchema:
    """Return the cut-down schema: the types, fields and arguments that this plugin's queries name."""
    text = files("crm_shopify.standin").joinpath(FILE).read_text(encoding="utf-8")
    return build_schema(text, assume_valid=True)
