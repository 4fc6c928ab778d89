"""The JSON API: a file per resource, each returning its operations."""
