"""What must never be stored, taken out of what people send."""

from crmcore.redaction.bodies import redact_body
from crmcore.redaction.cards import redact, redact_all

__all__ = ["redact", "redact_all", "redact_body"]
