"""Mailchimp's answers: only what is used, bounded."""

from typing import Annotated

from msgspec import Meta, Struct, field

Text = Annotated[str, Meta(max_length=5000)]


class Member(Struct, frozen=True, kw_only=True):
    """A member of the audience; ``status`` may be one that we do not keep (archived, transactional)."""

    status: Text


class ChangedMember(Struct, frozen=True, kw_only=True):
    """A member in a list of those that changed."""

    email_address: Text = ""
    status: Text = ""


class Members(Struct, frozen=True, kw_only=True):
    """One page of members; ``total_items`` counts those of all pages."""

    members: Annotated[list[ChangedMember], Meta(max_length=1000)] = field(default_factory=list)
    total_items: int = 0


class Audience(Struct, frozen=True, kw_only=True):
    """The audience's name."""

    name: Text


class FieldError(Struct, frozen=True, kw_only=True):
    """What is wrong with one field."""

    field: Text = ""
    message: Text = ""


class ProblemDocument(Struct, frozen=True, kw_only=True):
    """An error (RFC 7807). In reality ``type`` is often left out, and ``errors`` nearly always."""

    title: Text = ""
    detail: Text = ""
    errors: list[FieldError] = field(default_factory=list)

    def reason(self) -> str:
        """Return what Mailchimp says, in one line."""
        fields = "; ".join(f"{error.field}: {error.message}" for error in self.errors[:5])
        told = " ".join(part for part in (self.detail or self.title, fields) if part)
        return " ".join(told.split())[:300]
