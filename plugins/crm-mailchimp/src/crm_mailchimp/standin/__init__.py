"""A stand-in for Mailchimp: an audience that lives in memory, for the demo and for tests."""
