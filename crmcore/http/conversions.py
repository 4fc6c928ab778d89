"""The conversion of JSON documents, where the operations of the API look for it."""

from crmcore.conversions import converted

__all__ = ["converted"]
