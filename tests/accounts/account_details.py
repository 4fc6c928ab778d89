"""Who signs in, in these tests."""

PASSWORD = "correct horse battery"
