"""Network policies, their rules, and what they are attached to."""

from __future__ import annotations

import pytest

from snowmaker.errors import SourceError

from .conftest import Declaring

ALL = """
databases:
  '{db}':
    schemas:
      S:
        network_rules:
          OFFICE: {type: ipv4, value_list: [203.0.113.0/24]}
network_policies:
  {db}_P: {allowed_network_rule_list: ['{db}.S.OFFICE']}
users:
  {db}_U: {network_policy: {db}_P}
"""
NOTHING = """
databases: {'{db}': {schemas: {S: {network_rules: {prune: true}}}}}
users: {'{db}_U': {}}
network_policies: {prune: true}
"""


def test_a_rule_comes_before_its_policy_and_that_before_what_it_is_attached_to(declaring: Declaring) -> None:
    declaring.declare(ALL)
    assert [(change.kind, change.role) for change in declaring.diff().changes] == [
        ("network_rule", "ACCOUNTADMIN"),
        ("network_policy", "SECURITYADMIN"),
        ("user", "USERADMIN"),
        ("user", "SECURITYADMIN"),
    ]
    declaring.apply()
    declaring.declare(NOTHING)
    before = declaring.diff().changes
    assert [(change.action, change.kind) for change in before] == [
        ("alter", "user"),
        ("drop", "network_policy"),
        ("drop", "network_rule"),
    ]
    declaring.apply()
    declaring.rollback()
    assert declaring.diff().changes == before
    declaring.apply()
    declaring.run("DROP USER {db}_U")


def test_ownership_is_a_grant(declaring: Declaring) -> None:
    policy = "network_policies: {'{db}_P': {allowed_ip_list: [0.0.0.0/0]}}\n"
    declaring.apply(policy)
    declaring.apply(policy + "grants: {ACCOUNTADMIN: [ownership on network policy {db}_P]}")
    declaring.run("DROP NETWORK POLICY {db}_P")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{allowed_ip_list: [300.1.1.1]}", "allowed_ip_list .* has IPv4 addresses and ranges, and not 300.1.1.1"),
        ("{blocked_ip_list: [0.0.0.0/0]}", "cannot block 0.0.0.0/0"),
        ("{allowed_network_rule_list: [R]}", "needs its database and schema before it"),
        ("{allowed_ips: []}", "is no property of a network policy"),
    ],
)
def test_bad_input(declaring: Declaring, body: str, said: str) -> None:
    declaring.declare("network_policies:\n  P: " + body)
    with pytest.raises(SourceError, match=said) as caught:
        declaring.diff()
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{value_list: []}", "needs type"),
        ("{type: ipv4}", "needs value_list"),
        ("{type: host_port, value_list: ['a.b:443']}", "has mode EGRESS, and not INGRESS"),
        ("{type: ipv5, value_list: []}", "did you mean IPV"),
    ],
)
def test_bad_rules(declaring: Declaring, body: str, said: str) -> None:
    declaring.declare("network_rules:\n  D.S.R: " + body)
    with pytest.raises(SourceError, match=said) as caught:
        declaring.diff()
    assert caught.value.line == 2
