"""Many workspaces in one process: awake while somebody works in them, asleep at next to no cost otherwise."""
