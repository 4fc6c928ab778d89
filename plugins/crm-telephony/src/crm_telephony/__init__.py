"""Calls in the CRM: who called, how it ended, and a task for each call that nobody answered."""
