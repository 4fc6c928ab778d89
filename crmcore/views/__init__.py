"""Saved views: questions of lists with a name, for oneself or for everybody."""
