"""Policies: recorded with their bodies and settings, set on tables and columns, in the way of a DROP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .guests import Guest, guests

MASKING = "create masking policy m as (v varchar, b number) returns varchar -> case when b > 1 then v else '***' end"


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


def test_masking_policy(client):
    client(f"{MASKING} comment = 'c' exempt_other_policies = true")
    shown = dict(
        zip((client("show masking policies"), client.names())[1], client("show masking policies")[0], strict=True)
    )
    assert shown["kind"] == "MASKING_POLICY"
    assert shown["comment"] == "c"
    assert shown["options"] == '{"EXEMPT_OTHER_POLICIES": true}'
    assert client("describe masking policy m") == [
        ("M", "(V VARCHAR, B NUMBER)", "VARCHAR(16777216)", "case when b > 1 then v else '***' end")
    ]
    assert client.names() == ["name", "signature", "return_type", "body"]
    client("alter masking policy m set body -> sha2(v, 512)")
    assert client("desc masking policy m")[0][3] == "sha2(v, 512)"
    client("alter masking policy if exists m rename to m2")
    client("comment on masking policy m2 is 'd'")
    assert client("show masking policies")[0][6] == "d"
    client("drop masking policy m2")
    client("drop masking policy if exists m2")


@pytest.mark.parametrize(
    "text",
    [
        f"{MASKING} )",
        "create masking policy m as (v varchar) returns varchar -> v)",
        "create masking policy m as (v varchar) returns varchar -> v v v",
        "create masking policy m as (v varchar) returns varchar -> v, v",
        "create masking policy m as (v varchar) returns varchar -> (v) from t",
        "create masking policy m as (v varchar) returns varchar ->",
        "create masking policy m as (v varchar) returns varchar -> comment = 'x'",
        "create masking policy m as (v varchar) returns -> v",
        "create masking policy m as v varchar returns varchar -> v",
        "create masking policy m as (v nosuchtype) returns varchar -> v",
        "create or replace masking policy if not exists m as (v varchar) returns varchar -> v",
        "create row access policy r as (v varchar) returns varchar -> true",
        "alter masking policy m set body -> )",
    ],
)
def test_wrong_bodies(client, text):
    assert client.error(text)[:2] == (1003, "42000")


def test_unknown_property(client):
    assert client.error(f"{MASKING} nonsense = 1")[:2] in ((1420, "42601"), (1003, "42000"))


def test_row_access_and_the_others(client):
    client("create row access policy r as (a varchar, b varchar) returns boolean -> exists(select 1 where a = b)")
    client("create projection policy p as () returns projection_constraint -> projection_constraint(allow => false)")
    client(
        "create aggregation policy g as () returns aggregation_constraint -> aggregation_constraint(min_group_size => 5)"
    )
    client("create join policy j as () returns join_constraint -> join_constraint(join_required => true)")
    for kind, name in (("row access", "R"), ("projection", "P"), ("aggregation", "G"), ("join", "J")):
        assert [row[1] for row in client(f"show {kind} policies")] == [name]
        assert client(f"describe {kind} policy {name}")[0][0] == name
        client(f"drop {kind} policy {name}")


def test_password_policy(client):
    client("create password policy p password_min_length = 12 password_max_length = 24 comment = 'c'")
    found = {row[0]: row[1:3] for row in client("describe password policy p")}
    assert found["PASSWORD_MIN_LENGTH"] == ("12", "14")
    assert found["PASSWORD_MAX_RETRIES"] == ("5", "5")
    assert found["COMMENT"] == ("c", "null")
    client("alter password policy p set password_max_retries = 3, comment = 'd'")
    client("alter password policy p unset password_min_length password_max_length")
    found = {row[0]: row[1] for row in client("desc password policy p")}
    assert (found["PASSWORD_MAX_RETRIES"], found["PASSWORD_MIN_LENGTH"]) == ("3", "14")
    assert client.error("alter password policy p set password_max_retries = 11")[:2] == (1008, "22023")
    assert client.error("create password policy q password_min_length = 30 password_max_length = 20")[:2] == (
        1008,
        "22023",
    )
    assert client.error("create password policy q password_min_size = 30")[:2] == (1420, "42601")
    client("alter password policy p rename to p2")
    client("drop password policy p2")


def test_session_and_authentication_policy(client):
    client(
        "create session policy s session_idle_timeout_mins = 30 allowed_secondary_roles = ('ALL') blocked_secondary_roles = ()"
    )
    assert {row[0]: row[1] for row in client("describe session policy s")}["SESSION_IDLE_TIMEOUT_MINS"] == "30"
    assert client.error("alter session policy s set session_idle_timeout_mins = 4")[0] == 1008
    client("create authentication policy a authentication_methods = ('password', 'saml') mfa_enrollment = required "
           "mfa_policy = (allowed_methods = ('TOTP')) pat_policy = (max_expiry_in_days = 10)")  # fmt: skip
    found = {row[0]: row[1] for row in client("describe authentication policy a")}
    assert found["AUTHENTICATION_METHODS"] == "[PASSWORD, SAML]"
    assert found["MFA_ENROLLMENT"] == "REQUIRED"
    assert found["PAT_POLICY"] == (
        "{DEFAULT_EXPIRY_IN_DAYS=15, MAX_EXPIRY_IN_DAYS=10, NETWORK_POLICY_EVALUATION=ENFORCED_REQUIRED, "
        "REQUIRE_ROLE_RESTRICTION_FOR_SERVICE_USERS=true}"
    )
    client("create or alter authentication policy a client_types = ('DRIVERS') client_policy = (python_driver = "
           "(minimum_version = '4.0.0') jdbc_driver = (minimum_version = '3.20.0'))")  # fmt: skip
    found = {row[0]: row[1] for row in client("describe authentication policy a")}
    assert (found["AUTHENTICATION_METHODS"], found["CLIENT_TYPES"]) == ("[ALL]", "[DRIVERS]")
    assert found["CLIENT_POLICY"] == "{JDBC_DRIVER={MINIMUM_VERSION=3.20.0}, PYTHON_DRIVER={MINIMUM_VERSION=4.0.0}}"
    assert found["MFA_POLICY"] == "{ALLOWED_METHODS=[ALL], ENFORCE_MFA_ON_EXTERNAL_AUTHENTICATION=NONE}"
    assert found["MFA_ENROLLMENT"] == "REQUIRED_SNOWFLAKE_UI_PASSWORD_ONLY"
    client("alter authentication policy a set mfa_enrollment = optional")
    found = {row[0]: row[1] for row in client("describe authentication policy a")}
    assert found["MFA_ENROLLMENT"] == "REQUIRED_SNOWFLAKE_UI_PASSWORD_ONLY"
    assert client.error("alter authentication policy a set client_types = ('TELEX')")[0] == 1008


@pytest.fixture
def table(client):
    client(MASKING)
    client("create masking policy m2 as (v varchar) returns varchar -> 'x'")
    client("create row access policy r as (v varchar) returns boolean -> true")
    client("create table t (a varchar, b number, c varchar)")
    return client


def test_on_columns(table):
    table("alter table t modify column a set masking policy m using (a, b)")
    assert {row[0]: row[10] for row in table("describe table t")}["A"].endswith(".PUBLIC.M")
    code, sqlstate, text = table.error("alter table t alter column a set masking policy m2")
    assert (code, sqlstate) == (3529, "42601")
    assert "already attached to another masking policy" in text
    table("alter table t alter column a set masking policy m2 force")
    assert {row[0]: row[10] for row in table("describe table t")}["A"].endswith(".PUBLIC.M2")
    assert table.error("drop masking policy m2") == (
        3531, "23001", "Policy M2 cannot be dropped/replaced as it is associated with one or more entities.",
    )  # fmt: skip
    assert table.error("create or replace masking policy m2 as (v varchar) returns varchar -> 'y'")[0] == 3531
    table("alter masking policy m2 set body -> 'y'")
    assert table.error("select a from t")[:2] == (2, "0A000")
    assert table.error("create table u as select a from t")[:2] == (2, "0A000")
    assert table.error("update t set b = 2")[:2] == (2, "0A000")
    assert table.error("delete from t where b = 2")[:2] == (2, "0A000")
    table("create view v as select a, b from t")
    assert table.error("select b from v")[:2] == (2, "0A000")
    table("create stream s on table t")
    assert table.error("select * from s")[:2] == (2, "0A000")
    table("insert into t values ('1', 2, '3')")
    assert table.error("alter table t drop column a")[:2] == (3537, "23001")
    table("alter table t modify column a unset masking policy")
    assert table("select a from t") == [("1",)]
    table("drop masking policy m2")
    assert table.error("alter table t modify column a set masking policy nosuch")[:2] == (2003, "02000")


def test_on_tables(table):
    table("alter table t add row access policy r on (c)")
    assert table.error("alter table t add row access policy r on (c)")[:2] == (3549, "23505")
    assert table.error("drop row access policy r")[:2] == (3531, "23001")
    assert table.error("select count(*) from t")[:2] == (2, "0A000")
    found = table("select policy_name, policy_kind, ref_entity_name, ref_arg_column_names from "
                  "table(information_schema.policy_references(ref_entity_name => 't', ref_entity_domain => 'table'))")  # fmt: skip
    assert found == [("R", "ROW_ACCESS_POLICY", "T", '[ "C" ]')]
    found = table("select ref_entity_name from table(information_schema.policy_references(policy_name => 'r'))")
    assert found == [("T",)]
    table("alter table t drop row access policy r")
    table("alter table t add row access policy r on (c)")
    table("alter table t drop all row access policies")
    assert table("select count(*) from t") == [(0,)]


def test_on_a_dynamic_table(table):
    table("create dynamic table dt target_lag = downstream warehouse = compute_wh as select a, b, c from t")
    table("alter table dt add row access policy r on (c)")
    table("alter table dt modify column a set masking policy m using (a, b)")
    found = table("select ref_entity_domain, ref_entity_name from "
                  "table(information_schema.policy_references(policy_name => 'r'))")  # fmt: skip
    assert found == [("DYNAMIC_TABLE", "DT")]
    found = table("select policy_name from table(information_schema.policy_references(ref_entity_name => 'dt', "
                  "ref_entity_domain => 'table'))")  # fmt: skip
    assert sorted(found) == [("M",), ("R",)]
    table("alter table dt drop all row access policies")
    assert table.error("alter table dt add column d int")[0] == 1003
    assert table("drop table dt") == [("DT successfully dropped.",)]


def test_keys_are_no_arguments_of_a_policy(table):
    """https://docs.snowflake.com/en/user-guide/aggregation-policies-entity-privacy"""
    table("create aggregation policy ap as () returns aggregation_constraint -> no_aggregation_constraint()")
    table("create join policy jp as () returns join_constraint -> join_constraint(join_required => true)")
    table("alter table t set aggregation policy ap entity key (a, c)")
    table("alter table t set join policy jp allowed join keys (c)")
    assert "takes 1 argument(s)" in table.error("alter table t add row access policy r on (a, c)")[2]


def test_declared_with_the_table(table):
    table("create table u (a varchar with masking policy m2, c varchar) with row access policy r on (c)")
    assert table.error("drop row access policy r")[:2] == (3531, "23001")
    assert {row[0]: row[10] for row in table("describe table u")}["A"].endswith(".PUBLIC.M2")
    table("drop table u")
    table("drop row access policy r")


def test_apply_masking_policy_on_the_account(client, guest):
    """It sets any masking policy on any column, and describes tables and views, which it does not read.

    https://docs.snowflake.com/en/user-guide/security-access-control-privileges#all-privileges-alphabetical
    """
    client("create schema s")
    client("create masking policy m as (v varchar) returns varchar -> '*'")
    client("create row access policy r as (v varchar) returns boolean -> true")
    client("create table t (a varchar)")
    client("create view w as select a from t")
    user, role = guest()
    assert user.error("describe masking policy m")[0] == 2003
    assert user.error("alter table t alter column a set masking policy m")[0] == 2003
    client(f"grant apply masking policy on account to role {role}")
    assert user("describe masking policy m")[0][0] == "M"
    for target in ("table t", "view w"):
        assert [row[0] for row in user(f"describe {target}")] == ["A"]
        user(f"alter {target} alter column a set masking policy m")
        user(f"alter {target} alter column a unset masking policy")
    assert user.error("select a from t")[0] == 3001
    assert user.error("alter table t add row access policy r on (a)")[0] == 2003
    client(f"grant apply row access policy on account to role {role}")
    user("alter table t add row access policy r on (a)")
    user("alter table t drop row access policy r")
    assert user.error("drop masking policy m")[0] == 3001
