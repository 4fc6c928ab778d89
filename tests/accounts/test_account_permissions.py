"""Roles and permission patterns."""

import itertools

import pytest

from crmcore.accounts.patterns import both
from crmcore.accounts.roles import ROLES, permissions_of
from crmcore.accounts.scopes import ACTIONS, ALIASES, check_scopes
from crmcore.contracts.actors import Actor

EVERY_PERMISSION = [f"{subject}.{action}" for subject, actions in ACTIONS.items() for action in actions]
PATTERNS = ["*", "*.read", "*.write", "contact.*", "contact.read", "task.read", "inbound.post"]


@pytest.mark.parametrize(("one", "other"), [*itertools.product(PATTERNS, PATTERNS)])
def test_what_both_patterns_allow_is_what_each_allows(one: str, other: str) -> None:
    first, second = (Actor(kind="user", permissions=frozenset({pattern})) for pattern in (one, other))
    together = Actor(kind="user", permissions=both([one], [other]))
    for permission in EVERY_PERMISSION:
        assert together.may(permission) == (first.may(permission) and second.may(permission))


def test_both_of_everything_is_everything() -> None:
    assert both(["*"], ["*"]) == {"*"}
    assert both([], ["*"]) == frozenset()


def test_roles_name_permissions_that_exist() -> None:
    for permissions in ROLES.values():
        check_scopes(permissions)


def test_a_viewer_changes_nothing_and_an_agent_deletes_no_customer() -> None:
    viewer = Actor(kind="user", permissions=permissions_of("viewer", ["shop_order"]))
    agent = Actor(kind="user", permissions=permissions_of("agent", ["shop_order"]))
    for permission in EVERY_PERMISSION:
        subject, action = permission.split(".")
        assert not (viewer.may(permission) and action != "read")
        assert not (agent.may(permission) and action == "delete" and subject != "task")
        assert not (agent.may(permission) and subject in ("settings", "inbound", "job", "token"))
    assert viewer.may("shop_order.read") and not viewer.may("shop_order.write")
    assert agent.may("shop_order.write") and not agent.may("shop_order.delete")


def test_a_role_that_does_not_exist_may_nothing() -> None:
    assert permissions_of("king", ["shop_order"]) == frozenset()


def test_every_alias_is_accepted() -> None:
    check_scopes(ALIASES)
    check_scopes(["*.read", "*.post", "*.*", "contact.*", "order.delete"], ["order"])
