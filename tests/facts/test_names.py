"""Names: who wins one, what an error calls it, where CREATE and DROP leave the session."""

from __future__ import annotations

import threading

import snowflake.connector as connector


def test_a_name_is_won_once(session, connect, database):
    """Of plain CREATEs at the same moment one makes the table; the others are refused.

    https://docs.snowflake.com/en/sql-reference/identifiers: unique within the schema
    """
    sessions = [connect() for _ in range(4)]
    outcomes: list[int] = []
    barrier = threading.Barrier(len(sessions))

    def create(one) -> None:
        barrier.wait()
        try:
            one(f"create table {database}.public.lock (holder varchar)")
            outcomes.append(0)
        except connector.errors.ProgrammingError as error:
            outcomes.append(error.errno)

    threads = [threading.Thread(target=create, args=(each,)) for each in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, 2002, 2002, 2002]


def test_a_rename_is_won_once(session):
    """A second rename of what is gone, or to a name that is taken, is refused.

    https://docs.snowflake.com/en/sql-reference/sql/alter-table
    """
    session("create table held (a int)")
    session("alter table held rename to held_by_dead_run")
    assert session.refused("alter table held rename to held_by_dead_run")[0] in (2003, 2043)
    session("create table held (a int)")
    assert session.refused("alter table held rename to held_by_dead_run") == (2002, "42710")


def test_a_name_that_exists(session):
    """https://docs.snowflake.com/en/sql-reference/sql/create-table"""
    session("create table t (a int)")
    assert session.refused("create table t (a int)") == (2002, "42710")
    session("create table if not exists t (b int)")
    assert session.column("describe table t", "name") == ["A"]


def test_a_name_that_does_not(session):
    """https://docs.snowflake.com/en/sql-reference/sql/select"""
    assert session.refused("select * from nosuch") == (2003, "42S02")
    assert session.refused("drop table nosuch") == (2003, "42S02")
    assert session.refused("use database nosuch_anywhere") == (2043, "02000")
    assert session.refused("use schema nosuch") == (2043, "02000")
    assert session.refused("select * from nosuch_anywhere.public.t") == (2003, "02000")
    assert session.refused("create table nosuch.t (a int)") == (2003, "02000")


def test_case_of_names(session):
    """https://docs.snowflake.com/en/sql-reference/identifiers-syntax"""
    session('create table "Mixed" (a int)')
    assert session.refused("select * from Mixed") == (2003, "42S02")
    session('select * from "Mixed"')
    session("create table MiXeD (a int)")
    assert sorted(session.column("show tables", "name")) == ["MIXED", "Mixed"]


def test_create_database_and_schema_switch_the_session(session, database):
    """https://docs.snowflake.com/en/sql-reference/sql/create-schema: it becomes the current one"""
    session(f"create schema {database}.other")
    assert session("select current_schema()") == [("OTHER",)]
    session(f"create database if not exists {database}")
    session(f"drop schema {database}.other")
    assert session("select current_database(), current_schema()") == [(database, None)]


def test_use_database_takes_public(session, database):
    """https://docs.snowflake.com/en/sql-reference/sql/use-database"""
    session(f"create schema {database}.other")
    session(f"use database {database}")
    assert session("select current_schema()") == [("PUBLIC",)]
    assert (session.connection.database, session.connection.schema) == (database, "PUBLIC")


def test_without_a_current_database(connect):
    """https://docs.snowflake.com/en/sql-reference/name-resolution"""
    session = connect()
    if session("select current_database()") == [(None,)]:
        assert session.refused("create schema s") == (90105, "22000")
