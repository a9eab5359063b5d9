"""What DDL, a failure and the end of a session do to a transaction."""

from __future__ import annotations


def test_ddl_commits_what_is_open(session, connect, database):
    """https://docs.snowflake.com/en/sql-reference/transactions#ddl"""
    session("create table t (a int)")
    session("begin")
    session("insert into t values (1)")
    session("create table u (a int)")
    session("rollback")
    assert session("select count(*) from t") == [(1,)]
    assert session.column("show tables like 'U'", "name") == ["U"]


def test_ddl_is_not_rolled_back(session):
    """https://docs.snowflake.com/en/sql-reference/transactions#ddl"""
    session("begin")
    session("create table t (a int)")
    session("rollback")
    assert session("select * from t") == []


def test_a_failed_statement_leaves_the_transaction(session):
    """https://docs.snowflake.com/en/sql-reference/transactions: a failed statement alone is undone"""
    session("create table t (a int)")
    session("begin")
    session("insert into t values (1)")
    session.refused("insert into t select 'x'::int")
    session("commit")
    assert session("select * from t") == [(1,)]


def test_nothing_is_read_before_it_is_committed(session, connect, database):
    """https://docs.snowflake.com/en/sql-reference/transactions#isolation-level"""
    session("create table t (a int)")
    session("begin")
    session("insert into t values (1)")
    other = connect()
    assert other(f"select count(*) from {database}.public.t") == [(0,)]
    session("commit")
    assert other(f"select count(*) from {database}.public.t") == [(1,)]


def test_the_end_of_a_session_rolls_back(session, connect, database):
    """https://docs.snowflake.com/en/sql-reference/transactions"""
    session("create table t (a int)")
    other = connect()
    other("begin")
    other(f"insert into {database}.public.t values (1)")
    other.connection.close()
    assert session("select count(*) from t") == [(0,)]


def test_commit_without_a_transaction(session):
    """https://docs.snowflake.com/en/sql-reference/sql/commit"""
    session("commit")
    session("rollback")
    assert session("select current_transaction()") == [(None,)]
