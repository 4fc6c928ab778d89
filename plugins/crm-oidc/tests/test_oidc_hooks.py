"""What the plugin says about itself, and whom it lets in: `register_authenticator`, `authenticate`."""

import pytest
from crm_oidc import plugin as hooks
from crm_oidc.claims import admission_of, identity_of
from crm_oidc.settings import GroupRule, OidcSettings

from crmcore import ExternalIdentity
from crmcore.accounts.external import ExternalSignIn
from crmcore.accounts.tables import LoginSession
from crmcore.errors import NotSignedIn
from crmcore.workspace import Crm

SETTINGS = OidcSettings(
    issuer="https://login.example.com",
    client_id="crm",
    domains=["example.com"],
    groups=[
        GroupRule(group="a", team="One"),
        GroupRule(group="b", role="viewer", team="Two"),
        GroupRule(group="c", role="admin"),
    ],
)


def somebody(*groups: str, email: str = "anna@example.com", verified: bool = True) -> ExternalIdentity:
    return ExternalIdentity(
        issuer="i", subject="s", email=email, email_verified=verified, groups=groups, provider="oidc"
    )


def test_the_first_role_and_every_team_of_the_groups_count() -> None:
    found = admission_of(somebody("c", "b", "a", "x"), SETTINGS)
    assert (found.allowed, found.role, found.teams) == (True, "viewer", ("One", "Two"))
    assert not found.create and not found.link_by_email
    assert admission_of(somebody(), SETTINGS).teams == ()
    assert admission_of(somebody(), OidcSettings()).teams is None


@pytest.mark.parametrize("email", ["anna@example.com.evil.example", "anna@evil.example", "", "@"])
def test_another_domain_or_an_unverified_address_is_not_let_in(email: str) -> None:
    assert not admission_of(somebody(email=email), SETTINGS).allowed
    assert not admission_of(somebody(verified=False), SETTINGS).allowed


@pytest.mark.parametrize(
    ("claims", "groups"),
    [
        ({"groups": ["a", 7, None, "b"]}, ("a", "b")),
        ({"groups": "a"}, ("a",)),
        ({"groups": {"a": 1}}, ()),
        ({}, ()),
    ],
)
def test_claims_of_another_form_are_left_out(claims: dict[str, object], groups: tuple[str, ...]) -> None:
    found = identity_of({"sub": "s", "email": 7, "name": ["x"], **claims}, "i", SETTINGS)
    assert (found.groups, found.email, found.name, found.email_verified) == (groups, "", "", False)


def test_people_whom_others_recognised_are_not_ours(crm: Crm) -> None:
    context = crm.host.context("oidc")
    other = ExternalIdentity(issuer="i", subject="s", provider="saml")
    assert hooks.authenticate(other, context) is None
    assert hooks.register_authenticator().icon == "key"


async def test_a_plugin_that_fails_lets_nobody_in(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(identity: ExternalIdentity, settings: OidcSettings) -> None:
        raise RuntimeError("no answer")

    monkeypatch.setattr(hooks, "admission_of", broken)
    with pytest.raises(NotSignedIn) as refused:
        await ExternalSignIn(crm)._admission(somebody())
    assert "oidc" in refused.value.sentence("en")
    assert await LoginSession.count() == 0
