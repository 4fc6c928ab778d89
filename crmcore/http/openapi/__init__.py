"""The API described in OpenAPI 3.1, from the operations and the record types themselves."""
