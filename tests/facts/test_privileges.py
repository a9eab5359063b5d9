"""Privileges: what CREATE, OR REPLACE, GRANT and DROP do to them, and how a missing one is told."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest


@pytest.fixture
def role(session) -> Iterator[str]:
    """A role of the session's user, and no more."""
    name = f"FACT_{uuid.uuid4().hex[:8].upper()}"
    user = session("select current_user()")[0][0]
    session(f"create role {name}")
    session(f'grant role {name} to user "{user}"')
    yield name
    session("use secondary roles all")
    session(f"drop role if exists {name}")


@pytest.fixture
def guest(connect, database, role):
    """A second session under that role alone, with USAGE on the database and its PUBLIC."""
    other = connect()
    first = other("select current_role()")[0][0]
    other(f"grant usage on database {database} to role {role}")
    other(f"grant usage on schema {database}.public to role {role}")
    other(f"use role {role}")
    other("use secondary roles none")
    other.first = first
    return other


def test_what_may_not_be_seen_is_not_there(session, guest, database):
    """https://docs.snowflake.com/en/user-guide/security-access-control-overview"""
    session(f"create table {database}.public.hidden (a int)")
    assert guest.refused(f"select * from {database}.public.hidden") == (2003, "42S02")
    assert guest.refused(f"drop table {database}.public.hidden")[0] in (2003, 3001)
    assert guest(f"show tables in schema {database}.public") == []


def test_create_wants_the_privilege_even_if_there(session, guest, role, database):
    """https://docs.snowflake.com/en/sql-reference/sql/create-table#access-control-requirements"""
    assert guest.refused(f"create table {database}.public.mine (a int)") == (3001, "42501")
    session(f"grant create table on schema {database}.public to role {role}")
    guest(f"create table {database}.public.mine (a int)")
    assert guest.column(f"show tables in schema {database}.public", "owner") == [role]


def test_select_and_insert_are_apart(session, guest, role, database):
    """https://docs.snowflake.com/en/user-guide/security-access-control-privileges#table-privileges"""
    session(f"create table {database}.public.t (a int)")
    session(f"grant select on table {database}.public.t to role {role}")
    assert guest(f"select * from {database}.public.t") == []
    assert guest.refused(f"insert into {database}.public.t values (1)") == (3001, "42501")
    assert guest.refused(f"alter table {database}.public.t add column b int") == (3001, "42501")


def test_replace_loses_grants_unless_copied(session, role, database):
    """https://docs.snowflake.com/en/sql-reference/sql/create-table#optional-parameters"""
    table = f"{database}.public.t"
    session(f"create table {table} (a int)")
    session(f"grant select on table {table} to role {role}")
    session(f"create or replace table {table} (a int) copy grants")
    assert "SELECT" in session.column(f"show grants on table {table}", "privilege")
    session(f"create or replace table {table} (a int)")
    assert session.column(f"show grants on table {table}", "privilege") == ["OWNERSHIP"]


def test_undrop_brings_grants_back(session, role, database):
    """https://docs.snowflake.com/en/sql-reference/sql/undrop-table"""
    table = f"{database}.public.t"
    session(f"create table {table} (a int)")
    session(f"grant select on table {table} to role {role}")
    session(f"drop table {table}")
    session(f"undrop table {table}")
    assert "SELECT" in session.column(f"show grants on table {table}", "privilege")


def test_grants_twice_and_revokes_of_nothing_succeed(session, role, database):
    """https://docs.snowflake.com/en/sql-reference/sql/revoke-privilege"""
    session(f"grant usage on database {database} to role {role}")
    session(f"grant usage on database {database} to role {role}")
    session(f"revoke usage on database {database} from role {role}")
    session(f"revoke usage on database {database} from role {role}")
    assert role not in session.column(f"show grants on database {database}", "grantee_name")


def test_future_grants_of_the_schema_come_first(session, role, database):
    """https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#future-grants-on-database-or-schema-objects"""
    session(f"grant select on future tables in database {database} to role {role}")
    session(f"grant insert on future tables in schema {database}.public to role {role}")
    session(f"create table {database}.public.t (a int)")
    found = session.column(f"show grants on table {database}.public.t", "privilege")
    assert sorted(found) == ["INSERT", "OWNERSHIP"]


def test_ownership_wants_a_word_about_the_grants(session, role, database):
    """https://docs.snowflake.com/en/sql-reference/sql/grant-ownership"""
    table = f"{database}.public.t"
    session(f"create table {table} (a int)")
    session(f"grant select on table {table} to role {role}")
    assert session.refused(f"grant ownership on table {table} to role {role}")[0] in (3001, 3036, 3090)
    session(f"grant ownership on table {table} to role {role} copy current grants")
    found = dict(
        zip(
            session.column(f"show grants on table {table}", "privilege"),
            session.column(f"show grants on table {table}", "grantee_name"),
            strict=True,
        )
    )
    assert found["OWNERSHIP"] == role


def test_a_dropped_role_leaves_its_objects(session, guest, role, database):
    """They pass to the role that drops it: https://docs.snowflake.com/en/sql-reference/sql/drop-role"""
    session(f"grant create table on schema {database}.public to role {role}")
    guest(f"create table {database}.public.mine (a int)")
    dropping = session("select current_role()")[0][0]
    session(f"drop role {role}")
    assert session.column(f"show tables like 'mine' in schema {database}.public", "owner") == [dropping]


def test_a_view_reads_as_its_owner(session, guest, role, database):
    """https://docs.snowflake.com/en/user-guide/views-introduction"""
    session(f"create table {database}.public.base (a int)")
    session(f"create view {database}.public.v as select a from {database}.public.base")
    session(f"grant select on view {database}.public.v to role {role}")
    assert guest(f"select * from {database}.public.v") == []
    assert guest.refused(f"select * from {database}.public.base") == (2003, "42S02")
