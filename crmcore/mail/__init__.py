"""Mails of the workspace itself: invitations, links for a new password."""

from crmcore.mail.contract import Mail, Mailer, MailFailed

__all__ = ["Mail", "MailFailed", "Mailer"]
