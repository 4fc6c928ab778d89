"""The audit: who did what, when and why, kept so that a change of it is noticed."""
