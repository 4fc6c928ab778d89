"""Asterisk over its manager interface (AMI): a client of our own, and calls made of its events."""
