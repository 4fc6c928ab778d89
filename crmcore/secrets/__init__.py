"""Secrets at rest: the workspace's keys and what they encrypt."""

from crmcore.secrets.keyring import KeyMissing, KeyRing, is_envelope
from crmcore.secrets.keys import SecretError, new_key

__all__ = ["KeyMissing", "KeyRing", "SecretError", "is_envelope", "new_key"]
