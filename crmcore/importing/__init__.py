"""Importing: rows of a file become records, through the gate, every refusal with its row and reason."""
