"""The register: record types, custom fields, the one gate for every write, and reading."""
