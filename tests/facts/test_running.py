"""What runs by itself or changes with reading: tasks, streams, blocks, procedures."""

from __future__ import annotations


def test_a_task_is_born_suspended(session):
    """https://docs.snowflake.com/en/sql-reference/sql/create-task"""
    session("create task t schedule = '60 minute' as select 1")
    assert session.column("show tasks like 't'", "state") == ["suspended"]


def test_a_running_task_is_no_more_changed(session):
    """A root that is resumed refuses a new successor: https://docs.snowflake.com/en/user-guide/tasks-graphs"""
    session("create task root schedule = '60 minute' as select 1")
    session("alter task root resume")
    assert session.refused("create task child after root as select 1")[1]
    session("alter task root suspend")
    session("create task child after root as select 1")


def test_a_stream_moves_with_dml_alone(session):
    """https://docs.snowflake.com/en/user-guide/streams-intro"""
    session("create table base (a int)")
    session("create stream s on table base")
    session("insert into base values (1), (2)")
    assert sorted(session("select a from s")) == [(1,), (2,)]
    assert len(session("select a from s")) == 2
    session("create table copied (a int)")
    session("insert into copied select a from s")
    assert session("select a from s") == []


def test_an_update_is_a_delete_and_an_insert(session):
    """https://docs.snowflake.com/en/user-guide/streams-intro#stream-columns"""
    session("create table base (id int, a int)")
    session("insert into base values (1, 10)")
    session("create stream s on table base")
    session("update base set a = 11 where id = 1")
    found = sorted(session("select a, metadata$action, metadata$isupdate from s"))
    assert found == [(10, "DELETE", True), (11, "INSERT", True)]


def test_what_comes_and_goes_is_no_change(session):
    """A stream gives net changes: https://docs.snowflake.com/en/user-guide/streams-intro"""
    session("create table base (a int)")
    session("create stream s on table base")
    session("insert into base values (1)")
    session("delete from base")
    assert session("select * from s") == []


def test_a_stream_is_lost_with_its_table(session):
    """https://docs.snowflake.com/en/user-guide/streams-intro: recreating the source makes it stale"""
    session("create table base (a int)")
    session("create stream s on table base")
    session("create or replace table base (a int)")
    assert session.refused("select * from s")[1]


def test_a_block_gives_its_value(session):
    """https://docs.snowflake.com/en/developer-guide/snowflake-scripting/blocks"""
    found = session("execute immediate $$ begin let x := 6; return x * 7; end $$")
    assert [str(value) for (value,) in found] == ["42"]
    assert [column.name for column in session.cursor.description] == ["anonymous block"]


def test_a_procedure_is_found_by_its_arguments(session):
    """https://docs.snowflake.com/en/developer-guide/udf-stored-procedure-naming-conventions"""
    session("create procedure p(x number) returns varchar language sql as 'begin return ''number''; end'")
    session("create procedure p(x boolean) returns varchar language sql as 'begin return ''boolean''; end'")
    assert session("call p(1)") == [("number",)]
    assert session("call p(true)") == [("boolean",)]
    assert session.refused("drop procedure p(varchar)")[0] == 2003


def test_rights_of_the_owner(session):
    """The default is EXECUTE AS OWNER: https://docs.snowflake.com/en/sql-reference/sql/create-procedure"""
    session("create procedure p() returns varchar language sql as 'begin return ''x''; end'")
    found = dict(session("describe procedure p()"))
    assert found["execute as"] == "OWNER"
