"""Procedures: CREATE, CALL, overloading, rights, ALTER, DROP, SHOW, DESCRIBE."""

from __future__ import annotations

from decimal import Decimal

import pytest


@pytest.fixture
def role(client, request):
    """A role with nothing but USAGE on the test's database; the client may use it."""
    name = f"ROLE_{abs(hash(request.node.name))}"
    schema = client("select current_database(), current_schema()")[0]
    where = f'"{schema[0]}"."{schema[1]}"'
    client(f"create role {name}")
    client(f"grant role {name} to user admin")
    client(f'grant usage on database "{schema[0]}" to role {name}')
    client(f"grant usage on schema {where} to role {name}")

    class Role:
        def __init__(self):
            self.name = name
            self.schema = where

        def use(self):
            client(f"use role {name}")
            client("use secondary roles none")

        def leave(self):
            client("use role accountadmin")

    yield Role()
    client("use role accountadmin")
    client(f"drop role {name}")


# -- CALL ----------------------------------------------------------------------------------------------


def test_a_procedure_is_called(client):
    assert client(
        """create or replace procedure output_message(message varchar)
        returns varchar not null
        language sql
        as
        begin
          return message;
        end;"""
    ) == [("Function OUTPUT_MESSAGE successfully created.",)]
    assert client("call output_message('Hello; World')") == [("Hello; World",)]
    assert client.names() == ["OUTPUT_MESSAGE"]
    assert client("call output_message(message => 'a' || 'b')") == [("ab",)]
    assert client("call output_message(?)", ("bound",)) == [("bound",)]
    assert client("call output_message(1.5)") == [("1.5",)]
    assert client("select * from table(result_scan(last_query_id()))") == [("1.5",)]


@pytest.mark.parametrize(
    "body", ["$$ begin return a + 1; end $$", "'begin return a + 1; end'", "begin return a + 1; end"]
)
def test_forms_of_a_body(client, body):
    client(f"create procedure p(a int) returns int language sql as {body}")
    assert client("call p(1)") == [(2,)]


def test_arguments_have_types_and_defaults(client):
    client(
        "create procedure p(a int, b varchar default 'x', c number(10, 2) default 1 + 1) returns varchar "
        "as $$ begin return a || ' ' || b || ' ' || c; end $$"
    )
    assert client("call p(1)") == [("1 x 2.00",)]
    assert client("call p(a => 1, c => 3)") == [("1 x 3.00",)]
    assert client("call p('7', 'y')") == [("7 y 2.00",)]
    code, sqlstate, _ = client.error("call p('abc')")
    assert (code, sqlstate) == (100038, "22018")
    for wrong in ("call p()", "call p(1, 'x', 2, 3)", "call p(1, d => 2)"):
        assert client.error(wrong)[:2] == (1044, "42P13")
    assert client.error("call p(a => 1, 'x')")[0] == 1003


def test_a_table_is_returned(client):
    client("create table t (a int, b varchar)")
    client("insert into t values (1, 'x'), (2, 'y')")
    client(
        "create procedure p(low int) returns table (a int, b varchar) as $$ "
        "declare rs resultset default (select * from t where a >= :low); begin return table(rs); end $$"
    )
    assert client("call p(2)") == [(2, "y")]
    assert client.names() == ["A", "B"]
    assert client("select b from table(p(1)) order by a desc") == [("y",), ("x",)]
    client(
        "create procedure q() returns table () as $$ declare rs resultset default (show tables); begin return table(rs); end $$"
    )
    assert [row[1] for row in client("call q()")] == ["T"]
    client(
        "create procedure wrong() returns table (a int) as $$ declare r resultset default (select 1, 2); begin return table(r); end $$"
    )
    assert "does not match expected returned table type" in client.error("call wrong()")[2]


def test_values_come_back_to_a_block(client):
    client("create procedure answer() returns int as $$ begin return 42; end $$")
    client(
        "create procedure twice(n number, result out number) returns varchar as $$ begin result := n * 2; return 'Done'; end $$"
    )
    text = """
        declare x int; y number default 0; z varchar;
        begin
          call answer() into :x;
          call twice(:x, :y) into :z;
          return x || ' ' || y || ' ' || z;
        end;"""
    assert client(text) == [("42 84 Done",)]


def test_returned_values_are_of_the_declared_type(client):
    client("create procedure p() returns number(10, 2) as $$ begin return '1.234'; end $$")
    assert client("call p()") == [(Decimal("1.23"),)]
    client("create procedure q() returns int as $$ begin return 'x'; end $$")
    assert client.error("call q()")[0] == 100038
    client("create procedure n() returns int as $$ begin null; end $$")
    assert client("call n()") == [(None,)]
    client("create procedure s(a int) returns int strict as $$ begin return 1; end $$")
    assert client("call s(null)") == [(None,)]


def test_errors_say_where_they_are(client):
    client("create procedure inner_() returns int as $$\n  begin\n    drop table nosuch;\n  end $$")
    code, sqlstate, words = client.error("call inner_()")
    assert (code, sqlstate) == (2003, "42S02")
    assert words.startswith(
        "Uncaught exception of type 'STATEMENT_ERROR' on line 3 at position 4 : SQL compilation error:"
    )
    nested = client.error("begin call inner_(); end")[2]
    assert nested.startswith(f"Uncaught exception of type 'STATEMENT_ERROR' on line 1 at position 6 : {words[:60]}")
    assert client(
        "begin call inner_(); exception when statement_error then return sqlcode || ' ' || sqlstate; end"
    ) == [("2003 42S02",)]


def test_calls_may_be_nested_but_not_for_ever(client):
    client(
        "create procedure down(n int) returns int as $$ declare r int; "
        "begin if (n = 0) then return 0; end if; call down(:n - 1) into :r; return r + 1; end $$"
    )
    assert client("call down(5)") == [(5,)]
    assert "deep" in client.error("call down(100)")[2]


def test_system_functions_are_called_too(client):
    assert client("call system$wait(0)") == [("waited 0 seconds",)]
    assert client("begin call system$wait(0); return 1; end") == [(1,)]


def test_an_anonymous_procedure(client):
    text = """
        WITH greet AS PROCEDURE (name VARCHAR, n INT DEFAULT 1)
          RETURNS VARCHAR
          LANGUAGE SQL
          AS $$ BEGIN RETURN 'Hello ' || name || n; END; $$
        CALL greet('World')"""
    assert client(text) == [("Hello World1",)]
    assert client("show procedures") == []
    assert client("with a as (select 1 as x) select x from a") == [(1,)]


def test_a_procedure_is_described_without_running(client):
    client("create table t (a int)")
    client("create procedure p() returns int as $$ begin insert into t values (1); return 1; end $$")
    client.cursor.describe("call p()")
    assert client.names() == ["P"]
    assert client("select * from t") == []


def test_a_transaction_ends_where_it_began(client):
    client("create table t (a int)")
    client("create procedure open_() returns int as $$ begin begin transaction; insert into t values (1); end $$")
    assert client.error("call open_()")[0] == 90232
    assert client("select * from t") == []
    client(
        "create procedure closed() returns int as $$ begin begin transaction; insert into t values (1); commit; end $$"
    )
    client("call closed()")
    assert client("select * from t") == [(1,)]
    client("begin")
    client("create or replace procedure one() returns int as $$ begin insert into t values (2); end $$")
    client("begin")
    client("call one()")
    client("rollback")
    assert client("select * from t") == [(1,)]


# -- overloading ---------------------------------------------------------------------------------------


def test_overloading_by_the_types_of_arguments(client):
    client("create procedure p(a int) returns varchar as $$ begin return 'int'; end $$")
    client("create procedure p(a varchar) returns varchar as $$ begin return 'varchar'; end $$")
    client("create procedure p(a int, b int) returns varchar as $$ begin return 'two'; end $$")
    assert client("call p(1)") == [("int",)]
    assert client("call p('1')") == [("varchar",)]
    assert client("call p(1, 2)") == [("two",)]
    assert client.error("create procedure p(x number) returns int as $$ begin return 1; end $$")[:2] == (2002, "42710")
    assert [row[8] for row in client("show procedures like 'p'")] == [
        "P(NUMBER) RETURN VARCHAR", "P(NUMBER, NUMBER) RETURN VARCHAR", "P(VARCHAR) RETURN VARCHAR",
    ]  # fmt: skip
    client("drop procedure p(int)")
    assert client("call p(1)") == [("varchar",)]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("call nosuch()", 2140, "Unknown function NOSUCH."),
        ("call public.nosuch()", 2141, "Unknown user-defined function PUBLIC.NOSUCH."),
        ("call nosuch.p()", 2003, "does not exist or not authorized"),
        ("call p", 1003, "unexpected '<EOF>'"),
        ("call p(1", 1003, "unexpected"),
        ("call p())", 1003, "unexpected ')'"),
        ("call p() p", 1003, "unexpected 'p'"),
    ],
)
def test_calls_that_are_refused(client, text, code, words):
    client("create procedure p() returns int as $$ begin return 1; end $$")
    found = client.error(text)
    assert found[0] == code
    assert words in found[2]


# -- the object ----------------------------------------------------------------------------------------


def test_a_procedure_is_shown_and_described(client):
    client(
        "create secure procedure p(a int, b out float, c varchar(10) default 'x') returns table (x int, y date) "
        "comment = 'mine' execute as caller as $$ begin return null; end $$"
    )
    row = client("show procedures")[0]
    found = dict(zip(client.names(), row, strict=True))
    assert found["name"] == "P"
    assert found["is_builtin"] == "N"
    assert (found["min_num_arguments"], found["max_num_arguments"]) == (2, 3)
    assert found["arguments"] == "P(NUMBER, OUT FLOAT, DEFAULT VARCHAR) RETURN TABLE (NUMBER, DATE)"
    assert found["description"] == "mine"
    assert (found["is_table_function"], found["is_secure"]) == ("Y", "Y")
    assert client("desc procedure p(number, double, text)") == [
        ("signature", "(A NUMBER, B FLOAT, C VARCHAR)"),
        ("returns", "TABLE (X NUMBER, Y DATE)"),
        ("language", "SQL"),
        ("null handling", "CALLED ON NULL INPUT"),
        ("volatility", "VOLATILE"),
        ("execute as", "CALLER"),
        ("body", " begin return null; end "),
    ]
    assert client("show procedures like 'nosuch'") == []
    assert len(client("show user procedures")) == 1


def test_a_procedure_is_altered(client):
    client("create procedure p(a int) returns int as $$ begin return a; end $$")
    client("alter procedure p(int) set comment = 'changed'")
    assert client("show procedures")[0][9] == "changed"
    client("comment on procedure p(int) is 'again'")
    assert client("show procedures")[0][9] == "again"
    client("alter procedure p(int) unset comment")
    assert client("show procedures")[0][9] == "user-defined procedure"
    client("alter procedure p(int) execute as caller")
    assert ("execute as", "CALLER") in client("desc procedure p(int)")
    client("create schema other")
    client("use schema public")
    client("alter procedure p(int) rename to other.q")
    assert client("call other.q(3)") == [(3,)]
    assert client.error("call p(3)")[0] == 2140
    client("alter procedure if exists p(int) set comment = 'x'")
    for wrong in (
        "alter procedure p(int) set comment = 'x'",
        "alter procedure other.q(varchar) set comment = 'x'",
        "desc procedure p(int)",
        "drop procedure p(int)",
    ):
        assert client.error(wrong)[:2] == (2003, "02000")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("alter procedure p(int) set nosuch = 1", 1420),
        ("alter procedure p(int) set", 1003),
        ("alter procedure p(int) unset nosuch", 1420),
        ("alter procedure p(int) frobnicate", 1003),
        ("alter procedure p set comment = 'x'", 1003),
        ("drop procedure p", 1003),
        ("drop procedure p(int))", 1003),
        ("create procedure q() as $$ begin return 1; end $$", 1003),
        ("create procedure q() returns int", 2029),
        ("create procedure q() returns int language cobol as 'x'", 1003),
        ("create procedure q() returns int nosuch = 1 as 'begin return 1; end'", 1420),
        ("create procedure q() returns int as 'begin return 1 end'", 1003),
        ("create procedure q() returns int as $$ begin return 1); end $$", 1003),
        ("create procedure q(a int, a int) returns int as 'begin return 1; end'", 1003),
        ("create procedure q(a int default 1, b int) returns int as 'begin return 1; end'", 1003),
        ("create procedure q(a) returns int as 'begin return 1; end'", 1003),
        ("create procedure nosuch.q() returns int as 'begin return 1; end'", 2003),
        ("create procedure p(a int) returns int as 'begin return 1; end'", 2002),
        ("create transient procedure q() returns int as 'begin return 1; end'", 1003),
    ],
)
def test_statements_that_are_refused(client, text, code):
    client("create procedure p(a int) returns int as $$ begin return a; end $$")
    assert client.error(text)[0] == code


def test_create_or_replace_and_if_not_exists(client):
    client("create procedure p() returns int as $$ begin return 1; end $$")
    assert client("create procedure if not exists p() returns int as $$ begin return 2; end $$") == [
        ("P already exists, statement succeeded.",)
    ]
    assert client("call p()") == [(1,)]
    client("create or replace procedure p() returns int as $$ begin return 3; end $$")
    assert client("call p()") == [(3,)]
    client("create or alter procedure p() returns varchar as $$ begin return 'four'; end $$")
    assert client("call p()") == [("four",)]
    assert client("drop procedure p()") == [("P successfully dropped.",)]
    assert client("drop procedure if exists p()") == [("Drop statement executed successfully (P already dropped).",)]


def test_a_temporary_procedure_is_the_sessions_own(client, connect):
    database, schema = client("select current_database(), current_schema()")[0]
    client("create temporary procedure p() returns int as $$ begin return 1; end $$")
    assert client("call p()") == [(1,)]
    assert connect().error(f'call "{database}".{schema}.p()')[0] == 2141


@pytest.mark.parametrize(
    ("definition", "language"),
    [
        ("language python runtime_version = '3.11' packages = ('snowflake-snowpark-python') handler = 'run' "
         "as $$ def run(session): return 1 $$", "Python"),
        ("language python runtime_version = '3.11' packages = ('snowflake-snowpark-python') handler = 'm.run' "
         "imports = ('@st/m.py') external_access_integrations = (eai) secrets = ('cred' = s)", "Python"),
        ("language java runtime_version = '11' packages = ('com.snowflake:snowpark:latest') handler = 'A.run' "
         "target_path = '@st/a.jar' as 'class A {}'", "Java"),
        ("language scala runtime_version = '2.12' packages = ('com.snowflake:snowpark:latest') handler = 'A.run' "
         "as 'object A {}'", "Scala"),
        ("language javascript execute as caller as $$ return 1; $$", "JavaScript"),
    ],
)  # fmt: skip
def test_other_languages_are_recorded(client, definition, language):
    client(f"create procedure p(a float) returns varchar {definition}")
    rows = dict(client("desc procedure p(float)"))
    assert rows["language"] == language.upper()
    assert ("handler" in rows) == (language != "JavaScript")
    code, sqlstate, words = client.error("call p(1)")
    assert (code, sqlstate) == (2, "0A000")
    assert words == f"sandbox does not support running procedures in {language}: their bodies are recorded, not run"


@pytest.mark.parametrize(
    "definition",
    ["language python handler = 'f' as 'x'", "language python runtime_version = '3.11' as 'x'", "language java as 'x'"],
)
def test_what_a_handler_needs(client, definition):
    assert client.error(f"create procedure p() returns int {definition}")[0] == 2029


# -- rights --------------------------------------------------------------------------------------------


def test_owners_rights(client, role):
    client("create table t (a int)")
    client(
        "create procedure p() returns int as $$ begin insert into t values (1); return (select count(*) from t); end $$"
    )
    role.use()
    assert client.error("call p()")[0] == 2140
    role.leave()
    client(f"grant usage on procedure p() to role {role.name}")
    role.use()
    assert client("call p()") == [(1,)]
    assert client.error("select * from t")[0] == 2003
    assert [row[1] for row in client("show procedures")] == ["P"]
    for wrong in ("drop procedure p()", "alter procedure p() set comment = 'x'"):
        assert client.error(wrong)[:2] == (3001, "42501")
    role.leave()
    assert any(row[3].endswith('"P():NUMBER"') for row in client(f"show grants to role {role.name}"))


def test_the_body_of_a_secure_procedure_is_its_owners(client, role):
    client("create secure procedure p() returns int as $$ begin return 1; end $$")
    client(f"grant usage on procedure p() to role {role.name}")
    assert dict(client("desc procedure p()"))["body"] == " begin return 1; end "
    role.use()
    assert dict(client("desc procedure p()"))["body"] is None


def test_callers_rights(client, role):
    client("create table t (a int)")
    client("create procedure p() returns int execute as caller as $$ begin return (select count(*) from t); end $$")
    client(f"grant usage on procedure p() to role {role.name}")
    role.use()
    assert client.error("call p()")[0] == 2003
    role.leave()
    client(f"grant select on table t to role {role.name}")
    role.use()
    assert client("call p()") == [(0,)]


def test_who_may_create(client, role):
    role.use()
    text = "create procedure mine() returns int as $$ begin return 1; end $$"
    assert client.error(text)[:2] == (3001, "42501")
    role.leave()
    client(f"grant create procedure on schema {role.schema} to role {role.name}")
    role.use()
    client(text)
    assert client("call mine()") == [(1,)]
    client("drop procedure mine()")


def test_the_session_of_the_caller(client):
    client("set x = 5")
    client("create schema other")
    client("use schema public")
    client("create procedure other.o() returns varchar as $$ begin return current_schema(); end $$")
    client(
        "create procedure other.c() returns varchar execute as caller as $$ begin return current_schema() || $x; end $$"
    )
    assert client("call other.o()") == [("OTHER",)]
    assert client("call other.c()") == [("PUBLIC5",)]
    client("create procedure v() returns varchar as $$ begin return $x; end $$")
    assert "'$X' does not exist" in client.error("call v()")[2]
    client("create procedure u() returns int as $$ begin use schema other; end $$")
    assert "Unsupported statement type 'USE'" in client.error("call u()")[2]
    client("create procedure w() returns int execute as caller as $$ begin use schema other; end $$")
    client("call w()")
    assert client("select current_schema()") == [("OTHER",)]
