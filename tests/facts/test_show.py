"""The columns of SHOW and DESCRIBE that snowmaker reads, and how they filter."""

from __future__ import annotations

import datetime

import pytest

# https://docs.snowflake.com/en/sql-reference/sql/show-tables and its neighbours
COLUMNS = {
    "databases": "created_on name is_default is_current origin owner comment options retention_time kind",
    "schemas": "created_on name is_default is_current database_name owner comment options retention_time",
    "tables": "created_on name database_name schema_name kind comment cluster_by rows bytes owner retention_time",
    "views": "created_on name reserved database_name schema_name owner comment text is_secure is_materialized",
    "stages": "created_on name database_name schema_name url has_credentials has_encryption_key owner comment region type",
    "file formats": "created_on name database_name schema_name type owner comment format_options",
    "parameters": "key value default level description type",
    "variables": "session_id created_on updated_on name value type comment",
}


@pytest.mark.parametrize("plural", COLUMNS)
def test_columns_of_show(session, plural):
    session(f"show {plural}")
    names = [column.name for column in session.cursor.description]
    assert set(COLUMNS[plural].split()) <= set(names)


def test_columns_of_describe_table(session):
    """https://docs.snowflake.com/en/sql-reference/sql/desc-table"""
    session("create table t (a number(10,2) not null default 1 comment 'c', b varchar)")
    session("describe table t")
    names = [column.name for column in session.cursor.description]
    wanted = ["name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment"]
    assert names[: len(wanted)] == wanted
    assert session.column("describe table t", "type")[0] == "NUMBER(10,2)"
    assert session.column("describe table t", "null?") == ["N", "Y"]


def test_like_escapes_and_ignores_case(session):
    """https://docs.snowflake.com/en/sql-reference/sql/show-tables"""
    session("create table change_history (a int)")
    session("create table changexhistory (a int)")
    assert session.column(r"show tables like 'change\\_HISTORY%'", "name") == ["CHANGE_HISTORY"]


def test_created_on_has_a_zone(session):
    """https://docs.snowflake.com/en/sql-reference/sql/show-tables"""
    session("create table t (a int)")
    (created,) = session.column("show tables like 'T'", "created_on")
    assert isinstance(created, datetime.datetime)
    assert created.tzinfo is not None


def test_show_in_what_is_not_there(session):
    """https://docs.snowflake.com/en/sql-reference/sql/show-tables"""
    assert session.refused("show tables in schema nosuch") == (2043, "02000")
    assert session.refused("show schemas in database nosuch_anywhere") == (2043, "02000")


def test_a_comment_comes_back_whole(session):
    """https://docs.snowflake.com/en/sql-reference/sql/comment"""
    session("create transient table t (a int) data_retention_time_in_days = 0 comment = '{\"since\": \"it''s\"}'")
    assert session.column("show tables like 'T'", "comment") == ['{"since": "it\'s"}']
    session("comment on table t is 'new'")
    assert session.column("show tables like 'T'", "comment") == ["new"]
    session("alter table t set comment = ''")
    assert session.column("show tables like 'T'", "comment") == [""]
    assert session.column("show tables like 'T'", "kind") == ["TRANSIENT"]


def test_parameters_tell_their_level(session):
    """https://docs.snowflake.com/en/sql-reference/sql/show-parameters"""
    session("alter session set query_tag = 'x'")
    assert session.column("show parameters like 'QUERY_TAG' in session", "level") == ["SESSION"]
    session("alter session unset query_tag")
    assert session.column("show parameters like 'QUERY_TAG' in session", "value") == [""]
