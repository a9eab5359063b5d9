"""The query tag and the query history."""

from __future__ import annotations

import json
import time

import snowflake.connector as connector


def _row(session, query, wanted):
    """The history's row of a query; rows can appear late on a real account."""
    for _ in range(30):
        found = session(
            "select query_tag, execution_status, error_code from table(information_schema.query_history_by_session("
            "result_limit => 1000)) where query_id = ?",
            (query,),
        )
        if found and found[0][1] in wanted:
            return found[0]
        time.sleep(1)
    raise AssertionError(f"{query} is not in the history: {found}")


def test_a_statements_own_tag_is_in_the_history(session):
    """https://docs.snowflake.com/en/sql-reference/functions/query_history"""
    tag = json.dumps({"run": "r1", "statement": 3})
    session("create table tagged (a int)", tag=tag)
    assert _row(session, session.cursor.sfqid, {"SUCCESS"}) == (tag, "SUCCESS", None)
    session("insert into tagged values (?)", (1,), tag=tag)
    assert _row(session, session.cursor.sfqid, {"SUCCESS"})[0] == tag


def test_a_failed_statement_is_in_the_history(session):
    """https://docs.snowflake.com/en/sql-reference/functions/query_history"""
    try:
        session("insert into nosuch values (1)", tag="broken")
    except connector.errors.ProgrammingError as error:
        query = error.sfqid
    tag, status, code = _row(session, query, {"FAILED_WITH_ERROR"})
    assert tag == "broken"
    assert status == "FAILED_WITH_ERROR"
    assert int(code) == 2003


def test_the_sessions_tag(session):
    """https://docs.snowflake.com/en/sql-reference/parameters#query-tag"""
    session("alter session set query_tag = 'of the session'")
    session("select 1")
    first = session.cursor.sfqid
    session("select 2", tag="its own")
    second = session.cursor.sfqid
    session("alter session unset query_tag")
    session("select 3")
    third = session.cursor.sfqid
    assert [_row(session, each, {"SUCCESS"})[0] for each in (first, second, third)] == ["of the session", "its own", ""]


def test_another_session_is_readable_by_its_id(session, connect):
    """https://docs.snowflake.com/en/sql-reference/functions/query_history"""
    other = connect()
    other("select 'by another'")
    query = other.cursor.sfqid
    (number,) = other("select current_session()")[0]
    for _ in range(30):
        found = session(
            f"select query_id from table(information_schema.query_history_by_session(session_id => {number}))"
        )
        if (query,) in found:
            return
        time.sleep(1)
    raise AssertionError("not in the history")


def test_last_query_id(session):
    """https://docs.snowflake.com/en/sql-reference/functions/last_query_id"""
    session("select 1")
    query = session.cursor.sfqid
    assert session("select last_query_id()") == [(query,)]
