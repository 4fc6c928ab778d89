"""Canned replies: texts that are written once and sent often."""
