"""Validators for crmcore: each is a JSON Schema ``format`` that any field of any record type can name."""
