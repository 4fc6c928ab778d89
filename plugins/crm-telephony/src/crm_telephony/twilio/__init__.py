"""Twilio Programmable Voice: signatures, status callbacks, numbers that are none."""
