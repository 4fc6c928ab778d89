"""From claims to who somebody is, and what the groups mean here."""

from typing import Any

from crm_oidc.settings import OidcSettings
from crmcore import Admission, ExternalIdentity, Label

NOT_IN_GROUP: Label = {
    "en": "Your account is not in the group that may use this CRM.",
    "ru": "Ваша учётная запись не входит в группу, которой доступна эта CRM.",
}
OTHER_DOMAIN: Label = {
    "en": "Addresses of this domain are not let in here.",
    "ru": "С адресами этого домена войти нельзя.",
}


def identity_of(claims: dict[str, Any], issuer: str, settings: OidcSettings) -> ExternalIdentity:
    """Return whom the claims name. Whatever has another form than it should is left out."""
    return ExternalIdentity(
        issuer=issuer,
        subject=claims["sub"],
        email=_text(claims.get("email"), 254),
        # Some providers write "true"; anything but a clear yes is a no.
        email_verified=claims.get("email_verified") in (True, "true"),
        name=_text(claims.get("name"), 200) or _text(claims.get("preferred_username"), 200),
        language=_text(claims.get("locale"), 20),
        groups=_groups(claims, settings.groups_claim),
    )


def admission_of(identity: ExternalIdentity, settings: OidcSettings) -> Admission:
    """Return whether and as whom somebody is let in."""
    if settings.required_group and settings.required_group not in identity.groups:
        return Admission(allowed=False, reason=NOT_IN_GROUP)
    domain = identity.email.rpartition("@")[2].lower() if identity.email_verified else ""
    if settings.domains and domain not in {name.strip().lower().lstrip("@") for name in settings.domains}:
        return Admission(allowed=False, reason=OTHER_DOMAIN)
    fitting = [rule for rule in settings.groups if rule.group in identity.groups]
    names_teams = any(rule.team for rule in settings.groups)
    return Admission(
        create=settings.create_users,
        link_by_email=settings.link_by_email,
        role=next((rule.role for rule in fitting if rule.role), ""),
        teams=tuple(dict.fromkeys(rule.team for rule in fitting if rule.team)) if names_teams else None,
    )


def _groups(claims: dict[str, Any], path: str) -> tuple[str, ...]:
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list):
        return ()
    return tuple(group for group in found[:1000] if isinstance(group, str) and len(group) <= 200)


def _text(value: Any, longest: int) -> str:
    return value.replace("\0", "").strip()[:longest] if isinstance(value, str) else ""
