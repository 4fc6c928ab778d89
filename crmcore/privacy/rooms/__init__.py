"""The core's own kinds of personal data, one file a kind."""
