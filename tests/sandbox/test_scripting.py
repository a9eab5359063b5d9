"""Snowflake Scripting: blocks, variables, branches, loops, cursors, exceptions, EXECUTE IMMEDIATE."""

from __future__ import annotations

import datetime
import threading
import time
from decimal import Decimal

import pytest
import snowflake.connector as connector


def value(client, text, values=None):
    rows = client(text, values)
    assert len(rows) == 1
    return rows[0][0]


@pytest.fixture
def invoices(client):
    client("create table invoices (id integer, price number(12, 2))")
    client("insert into invoices values (1, 11.11), (2, 22.22)")
    return client


# -- values --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return 1", 1),
        ("return null", None),
        ("let x := 1; x := x + 2; return x", 3),
        ("let x number(10, 2) := 1.005; return x", Decimal("1.01")),
        ("let x int := '12'; return x", 12),
        ("let x varchar := 12; return x", "12"),
        ("let x := 'a'; x := x || 1 || 'b'; return x", "a1b"),
        ("let x boolean := 'yes'; return x", True),
        ("let d date := '2020-09-30'; return d", datetime.date(2020, 9, 30)),
        ("let d date := '2020-09-30'; return dateadd(day, 1, d)", datetime.date(2020, 10, 1)),
        ("let x := 10 / 4; return x", 2.5),
        ("return 10 / 4", Decimal("2.500000")),
        ("return 7 % 4 - -1", 4),
        ("return mod(-7, 4)", -3),
        ("return upper('ab') || length('abc')", "AB3"),
        ("return coalesce(null, 5)", 5),
        ("let x := 5; return case when x > 3 then 'big' else 'small' end", "big"),
        ("let x := 5; return x between 1 and 5 and x in (4, 5) and not (x = 6)", True),
        ("let x int := null; return x is null", True),
        ("return true or 1 / 0 = 1", True),
        ("return 1 / 0 = 1 and false", False),
        ("let x := (select 1 + 1); return x", 2),
        ("let a := 1; return (select max(column1) + :a from values (1), (5))", 6),
        ("let x varchar := 'it''s'; return (select :x)", "it's"),
        ("let x varchar := $$a\\b$$; return (select length(:x))", 3),
        ("let n int := -5; return (select 1 - :n)", 6),
        ("let a := 1; begin let a := 2; end; return a", 1),
        pytest.param('let "x" := 1; let x := 2; return "x"', 1, id="case"),
    ],
)
def test_a_value_is_returned(client, body, expected):
    text = f"begin {body}; end"
    found = value(client, text.replace("$$", "'").replace("a\\b", "a\\\\b"))
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)
    assert client.names() == ["anonymous block"]


def test_declared_variables_have_their_types(client):
    text = """
        declare
          w integer;
          x integer default 0;
          dt date;
          result_string varchar;
        begin
          w := 24 * 7;                -- a comment; with a semicolon
          dt := '2020-09-30'::date;
          result_string := w::varchar || ', ' || dt::varchar || ', ' || x;
          return result_string;
        end;"""
    assert value(client, text) == "168, 2020-09-30, 0"


def test_a_block_that_returns_nothing_gives_null(client):
    assert client("begin null; end") == [(None,)]


def test_semi_structured_values(client):
    assert value(client, "begin let o object := parse_json('{\"a\": 1}'); return o; end") == '{\n  "a": 1\n}'
    assert value(client, "declare v variant; begin v := 'x'; return v; end") == '"x"'
    assert value(client, "declare v variant; s varchar; begin v := 'x'; s := v; return s; end") == "x"


@pytest.mark.parametrize(
    ("body", "code", "sqlstate", "words"),
    [
        ("let x int := 'a'; return x", 100038, "22018", "type 'EXPRESSION_ERROR' on line 1 at position 19"),
        ("let x number(2) := 100; return x", 100132, "22003", "representable range"),
        ("let x varchar(2) := 'abc'; return x", 100078, "22000", "too long"),
        ("x := 1", 904, "42000", "invalid identifier 'X'"),
        ("return nosuch + 1", 904, "42000", "EXPRESSION_ERROR' on line 1 at position 13"),
        ("insert into t values (:nosuch)", 904, "42000", "invalid identifier 'NOSUCH'"),
        ("return 1 / 0", 100051, "22012", "EXPRESSION_ERROR' on line 1 at position 13 : Division by zero"),
        ("if ('abc') then return 1; end if", 100037, "22018", "Boolean value 'abc' is not recognized"),
        ("let x int; return x", 1003, "42000", "unexpected ';'"),
        ("let x := parse_json('1'); return x", 92228, "P0000", "'X' cannot have its type inferred"),
    ],
)
def test_wrong_values_are_refused(client, body, code, sqlstate, words):
    found = client.error(f"begin {body}; end")
    assert found[:2] == (code, sqlstate)
    assert words in found[2]


# -- branches and loops --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if (1 = 2) then return 'a'; elseif (1 = 1) then return 'b'; else return 'c'; end if", "b"),
        ("if (null) then return 'a'; else return 'c'; end if", "c"),
        ("let x := 2; case (x) when 1 then return 'a'; when 2 then return 'b'; else return 'c'; end case", "b"),
        ("let x := 3; case when x < 3 then return 'a'; when x = 3 then return 'b'; end", "b"),
        ("let s := ''; for i in 1 to 3 do s := s || i; end for; return s", "123"),
        ("let s := ''; for i in reverse 1 to 3 loop s := s || i; end loop; return s", "321"),
        ("let s := 'x'; for i in 3 to 1 do s := s || i; end for; return s", "x"),
        ("let n := 0; while (n < 5) do n := n + 1; end while; return n", 5),
        ("let n := 0; repeat n := n + 1; until (n > 3) end repeat; return n", 4),
        ("let n := 0; loop n := n + 1; if (n = 7) then break; end if; end loop; return n", 7),
        ("let n := 0; for i in 1 to 6 do if (i % 2 = 0) then continue; end if; n := n + i; end for; return n", 9),
        ("let n := 0; for i in 1 to 3 do for j in 1 to 3 do n := n + 1; if (j = 2) then exit outer_loop; end if; "
         "end for inner_loop; end for outer_loop; return n", 2),
        ("let n := 0; for i in 1 to 3 do for j in 1 to 3 do n := n + 1; iterate outer_loop; end for; "
         "end for outer_loop; return n", 3),
        ("let i := 7; for i in 1 to 3 do null; end for; return i", 7),
        ("let n := 0; loop loop n := n + 1; if (n < 5) then continue outer; else break outer; end if; end loop inner; "
         "end loop outer; return n", 5),
    ],
)  # fmt: skip
def test_branches_and_loops(client, body, expected):
    assert value(client, f"begin {body}; end") == expected


def test_ten_thousand_rounds_are_quick(client):
    start = time.monotonic()
    text = "begin let n := 0; for i in 1 to 10000 do if (i % 3 = 0) then n := n + i; end if; end for; return n; end"
    assert value(client, text) == 16668333
    assert time.monotonic() - start < 5


def test_an_endless_loop_can_be_canceled(client, connect):
    other = connect()
    failed = []

    def run():
        try:
            client("begin loop begin null; exception when other then null; end; end loop; end")
        except connector.errors.Error as error:
            failed.append(error.errno)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.2)
    other(f"select system$cancel_all_queries({client.connection.session_id})")
    thread.join(10)
    assert failed == [604]


# -- cursors and result sets ---------------------------------------------------------------------------


def test_a_cursor_is_opened_with_values_and_fetched(invoices):
    text = """
        declare
          id integer default 0;
          low number(13,2) default 22.00;
          high number(13,2) default 33.00;
          c1 cursor for select id from invoices where price > ? and price < ?;
        begin
          open c1 using (low, high);
          fetch c1 into id;
          return id;
        end;"""
    assert value(invoices, text) == 2


def test_a_cursor_gives_nulls_behind_its_last_row(invoices):
    text = """
        declare
          c1 cursor for select id from invoices order by id;
          a int; b int; c int default 5;
        begin
          open c1; fetch c1 into a; fetch c1 into b; fetch c1 into c; close c1;
          return a || ',' || b || ',' || nvl(c, -1);
        end;"""
    assert value(invoices, text) == "1,2,-1"
    code, _, words = invoices.error("declare c cursor for select 1; a int; begin fetch c into a; end")
    assert (code, "is not open" in words) == (90310, True)


@pytest.mark.parametrize("source", ["c1", "res", "(select price from invoices)", "cur_of_res"])
def test_for_goes_through_rows(invoices, source):
    text = f"""
        declare
          total number(12,2) default 0;
          c1 cursor for select price from invoices;
          res resultset default (select price from invoices);
          cur_of_res cursor for res;
        begin
          for rec in {source} do
            total := total + rec.price;
          end for;
          return total;
        end;"""
    assert value(invoices, text) == Decimal("33.33")


def test_a_record_is_bound_by_its_fields(invoices):
    invoices("create table copied (id int, price number(12,2), note varchar)")
    text = """
        begin
          for rec in (select * from invoices) do
            let next_id int := rec.id + 10;
            insert into copied values (:next_id, :rec.price, 'not :rec.price');
          end for;
        end;"""
    invoices(text)
    assert invoices("select * from copied order by id") == [
        (11, Decimal("11.11"), "not :rec.price"),
        (12, Decimal("22.22"), "not :rec.price"),
    ]
    assert invoices.error("begin for rec in (select 1 as a) do let x := rec.a; end for; end")[0] == 92228


def test_a_table_is_returned(invoices):
    text = "declare rs resultset; begin rs := (select * from invoices where id = 2); return table(rs); end"
    assert invoices(text) == [(2, Decimal("22.22"))]
    assert invoices.names() == ["ID", "PRICE"]
    dynamic = """
        declare
          rs resultset;
          query varchar default 'select id from identifier(?) where id < ? order by id;';
          name varchar default 'invoices';
        begin
          rs := (execute immediate :query using (name, 2));
          return table(rs);
        end;"""
    assert invoices(dynamic) == [(1,)]
    assert invoices(
        "declare c cursor for select id from invoices order by 1; x int; "
        "begin open c; fetch c into x; return table(resultset_from_cursor(c)); end"
    ) == [(1,), (2,)]


def test_select_into(invoices):
    text = """
        declare
          id integer; price number(12,2);
        begin
          select id, price into :id, :price from invoices where id = 1;
          return :id || ' ' || :price;
        end;"""
    assert value(invoices, text) == "1 11.11"
    assert value(invoices, "declare d date; begin select '2024-01-02'::date into d; return d; end")
    assert (
        value(invoices, "declare x int default 3; begin select id into :x from invoices where id = 9; return x; end")
        is None
    )
    words = invoices.error("declare x int; begin select id into :x from invoices; end")[2]
    assert "expects exactly 1 returned row, but got 2." in words
    assert "STATEMENT_ERROR" in words


# -- SQL -----------------------------------------------------------------------------------------------


def test_rows_that_statements_affect(client):
    client("create table my_values (value number)")
    text = """
        begin
          insert into my_values values (1), (2), (3);
          let inserted int := sqlrowcount;
          select * from my_values where value > 1;
          let selected int := activity_count;
          let none boolean := sqlrowcount is null;
          update my_values set value = 4 where value < 3;
          let found boolean := sqlfound;
          delete from my_values where value = 9;
          return inserted || ' ' || selected || ' ' || none || ' ' || found || ' ' || sqlnotfound;
        end;"""
    assert value(client, text) == "3 2 true true true"


def test_names_are_bound_with_identifier_and_table(invoices):
    text = """
        declare name varchar default 'invoices'; n int; m int;
        begin
          n := (select count(*) from identifier(:name));
          m := (select count(*) from table(:name));
          create table identifier(:name || '_2') as select 1 as a;
          return n + m;
        exception when other then return sqlerrm;
        end;"""
    simple = text.replace("identifier(:name || '_2')", "invoices_2")
    assert value(invoices, simple) == 4
    assert invoices("select a from invoices_2") == [(1,)]


def test_queries_in_a_text(invoices):
    text = """
        declare
          query varchar default 'select id from invoices where id > :low';
          rs resultset default (select count(*) as n from table(to_query(:query, low => 1)));
        begin
          return table(rs);
        end;"""
    assert invoices(text) == [(1,)]
    assert invoices("select id from table(to_query('select * from invoices')) order by id") == [(1,), (2,)]


def test_the_target_of_dml_is_bound(client):
    client("create table t (a int, b varchar)")
    text = """
        declare name varchar default 't';
        begin
          insert into identifier(:name) values (1, 'x'), (2, 'y');
          update identifier(:name) set b = 'z' where a = 1;
          delete from identifier(:name) where a = 2;
          return (select b from identifier(:name));
        end;"""
    assert value(client, text) == "z"


def test_messages_for_an_event_table_go_nowhere(client):
    assert value(client, "begin system$log('info', 'a' || 1); system$log_warn('w'); return 1; end") == 1
    assert client.error("begin system$log('info', 1 / 0); end")[0] == 100051


def test_session_variables_in_a_block(client):
    client("set v = 7")
    client("create table t (a int)")
    assert value(client, "begin let x := $v; insert into t values ($v); return x + (select a from t); end") == 14


def test_a_transaction_that_fails_is_rolled_back_by_hand(client):
    client("create table t (a int)")
    text = """
        begin
          begin transaction;
          insert into t values (1);
          insert into nosuch values (1);
          commit;
        exception
          when other then
            rollback;
            raise;
        end;"""
    assert client.error(text)[0] == 2003
    assert client("select * from t") == []


def test_nesting_has_a_limit(client):
    assert client.error("begin " * 2000 + "null; " + "end; " * 2000)[0] == 1003
    assert client.error(f"begin return {'(' * 2000}1{')' * 2000}; end")[0] == 1003
    assert client(f"begin {'begin ' * 50}null; {'end; ' * 50}end") == [(None,)]


def test_variables_in_ddl(client):
    client("begin let note varchar := 'it''s a note'; create table t (a int) comment = :note; end")
    assert client("select comment from information_schema.tables where table_name = 'T'") == [("it's a note",)]


def test_a_path_is_no_variable(client):
    client('create table t as select parse_json(\'{"name": {"x": 5}}\') as v')
    assert value(client, "declare name int; n int; begin n := (select v:name.x::int from t); return n; end") == 5


def test_statements_of_a_block_are_in_the_history(client):
    client("begin let x := 5; create table t (a int); insert into t values (:x); end")
    mine = value(client, "select last_query_id()")
    assert mine
    texts = client("select query_text from table(information_schema.query_history_by_session()) order by start_time")
    assert ("insert into t values (:x)",) in texts or ("insert into t values (5)",) in texts
    client("show tables")
    assert client('select "name" from table(result_scan(last_query_id()))') == [("T",)]


def test_a_cursor_over_what_show_gave(client):
    for name in ("a1", "a2", "b1"):
        client(f"create table {name} (a int)")
    text = """
        declare
          dropped varchar default '';
          res resultset;
        begin
          show tables like 'A%';
          res := (select "name" as name from table(result_scan(last_query_id())) order by 1);
          for rec in res do
            execute immediate 'drop table ' || rec.name;
            dropped := dropped || rec.name || ' ';
          end for;
          return dropped;
        end;"""
    assert value(client, text) == "A1 A2 "
    assert [row[1] for row in client("show tables")] == ["B1"]


def test_an_idempotent_migration(client):
    """The most frequent form: look into INFORMATION_SCHEMA, then alter."""
    client("create table customers (id int)")
    text = """
        EXECUTE IMMEDIATE $$
        BEGIN
          IF (NOT EXISTS (SELECT 1 FROM INFORMATION_SCHEMA.COLUMNS
                          WHERE TABLE_SCHEMA = CURRENT_SCHEMA() AND TABLE_NAME = 'CUSTOMERS' AND COLUMN_NAME = 'EMAIL'))
          THEN
            ALTER TABLE customers ADD COLUMN email VARCHAR(200);
            RETURN 'added';
          END IF;
          RETURN 'there';
        END;
        $$"""
    assert [value(client, text), value(client, text)] == ["added", "there"]
    assert client("select email from customers") == []


def test_transactions_inside_a_block(client):
    client("create table t (a int)")
    client("begin begin transaction; insert into t values (1); rollback; insert into t values (2); end")
    assert client("select a from t") == [(2,)]


# -- exceptions ----------------------------------------------------------------------------------------


def test_an_uncaught_exception_says_where(client):
    text = """declare
  my_exception exception (-20002, 'Raised MY_EXCEPTION.');
begin
  let counter := 0;
  if (true) then
    raise my_exception;
  end if;
end;"""
    assert client.error(text) == (
        -20002, "P0001", "Uncaught exception of type 'MY_EXCEPTION' on line 6 at position 4 : Raised MY_EXCEPTION."
    )  # fmt: skip
    assert client.error(f"execute immediate $$\n{text}\n$$")[2].startswith(
        "Uncaught exception of type 'MY_EXCEPTION' on line 7 at position 4"
    )
    code, sqlstate, words = client.error("begin\n  drop table nosuch;\nend")
    assert (code, sqlstate) == (2003, "42S02")
    assert words.startswith(
        "Uncaught exception of type 'STATEMENT_ERROR' on line 2 at position 2 : SQL compilation error:"
    )
    plain = client.error("declare e exception; begin raise e; end")
    assert plain == (-20000, "P0001", "Uncaught exception of type 'E' on line 1 at position 27")


def test_handlers_know_the_exception(client):
    text = """
        declare my_exception exception (-20002, 'Raised MY_EXCEPTION.');
        begin
          {body};
          return 'none';
        exception
          when statement_error then
            return object_construct('type', 'STATEMENT_ERROR', 'code', sqlcode, 'state', sqlstate);
          when my_exception then
            return object_construct('type', 'MY_EXCEPTION', 'code', sqlcode, 'text', sqlerrm, 'state', sqlstate);
          when other then
            return 'other ' || sqlcode || ' ' || sqlerrm;
        end;"""
    assert '"code": -20002' in value(client, text.format(body="raise my_exception"))
    assert '"code": 2003' in value(client, text.format(body="select * from nosuch"))
    assert value(client, text.format(body="let x := 1 / 0")) == "other 100051 Division by zero"
    assert value(client, text.format(body="null")) == "none"


def test_a_handler_binds_the_exception(client):
    client("create table log (code int, message varchar)")
    client("begin select * from nosuch; exception when other then insert into log values (:sqlcode, :sqlerrm); end")
    assert client("select code, contains(message, 'NOSUCH') from log") == [(2003, True)]
    assert value(client, "begin return sqlcode; end") is None


def test_exceptions_go_outwards(client):
    text = """
        declare e1 exception (-20001, 'Exception e1');
        begin
          declare e2 exception (-20002, 'Exception e2'); e1 exception (-20003, 'Inner e1');
          begin raise {name}; exception when e2 then return 'inner'; end;
          return 'behind';
        exception
          when e1 then return sqlerrm || ' caught';
          when other then return 'other ' || sqlerrm;
        end;"""
    assert value(client, text.format(name="e2")) == "inner"
    assert value(client, text.format(name="e1")) == "other Inner e1"
    outer = text.replace(" e1 exception (-20003, 'Inner e1');", "")
    assert value(client, outer.format(name="e1")) == "Exception e1 caught"


def test_an_exception_is_raised_again(client):
    code, _, words = client.error("begin select * from nosuch; exception when other then raise; end")
    assert code == 2003
    assert "STATEMENT_ERROR' on line 1 at position 6" in words


def test_continue_handlers_go_on_behind_the_statement(client):
    client("create table errors (message varchar)")
    text = """
        declare x int := 0;
        begin
          for i in 0 to 5 do
            x := 10 / i;
          end for;
          return x;
        exception
          when expression_error continue then
            insert into errors select :sqlerrm;
        end;"""
    assert value(client, text) == 2
    assert client("select * from errors") == [("Division by zero",)]
    counted = """
        declare e exception (-20001, 'Catch and continue');
        begin
          let counter := 0;
          if (true) then raise e; end if;
          counter := counter + 10;
          return 'Counter value: ' || counter;
        exception when e continue then counter := counter + 1;
        end;"""
    assert value(client, counted) == "Counter value: 11"


def test_one_handler_for_several(client):
    text = "declare a exception; b exception; begin raise b; exception when a or b then return 'either'; end"
    assert value(client, text) == "either"


def test_a_handler_assigns_what_let_declares(client):
    text = """
        begin
          select * from nosuch;
          let res resultset := (select 1);
          return table(res);
        exception
          when statement_error then
            res := (select :sqlcode as code, :sqlstate as state);
            return table(res);
        end;"""
    assert client(text) == [(2003, "42S02")]


def test_no_handler_hides_what_the_sandbox_cannot_do(client):
    found = client.error("begin create iceberg table t (a int); exception when other then null; end")
    assert "sandbox does not support" in found[2]


# -- bad input -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "begin return 1); end",
        "begin return (1; end",
        "begin select 1); end",
        "begin select 1; end)",
        "begin select 1 end",
        "begin end",
        "begin if (1 = 1) then end if; end",
        "begin if (1 = 1) then null; end; end",
        "begin for i in 1 to 3 do null; end loop; end",
        "begin while (true) null; end while; end",
        "declare x; begin null; end",
        "declare x int begin null; end",
        "begin let := 1; end",
        "begin null; exception end",
        "begin null; exception when other null; end",
        "declare e exception (-1, 'x'); begin null; end",
        "begin frobnicate; end",
        "begin null; end end",
        "begin return 'abc; end",
    ],
)
def test_bad_scripts_are_refused(client, text):
    code, sqlstate, words = client.error(text)
    assert (code, sqlstate) == (1003, "42000"), words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("begin let r resultset := async (select 1); end", "ASYNC"),
        ("begin async (select 1); end", "ASYNC"),
        ("begin await all; end", "AWAIT"),
        ("declare p procedure() returns int as begin return 1; end; begin null; end", "nested stored procedures"),
    ],
)
def test_what_is_not_supported_says_so(client, text, words):
    found = client.error(text)
    assert found[:2] == (2, "0A000")
    assert words in found[2]


def test_a_script_is_described_without_running(client):
    client.cursor.describe("begin create table t (a int); return 1; end")
    assert client.names() == ["anonymous block"]
    assert client("show tables") == []


# -- EXECUTE IMMEDIATE ---------------------------------------------------------------------------------


def test_execute_immediate(client):
    assert client("execute immediate 'select 1 as a, ''x'' as b'") == [(1, "x")]
    assert client.names() == ["A", "B"]
    client("set statement = 'select 3'")
    assert client("execute immediate $statement") == [(3,)]
    assert client("execute immediate 'select ? + ?' using (1, 2)") == [(3,)]
    assert client("execute immediate ?", ("select 5",)) == [(5,)]
    assert client("execute immediate 'begin return 6; end'") == [(6,)]
    assert client("execute immediate 'if (1 = 1) then return 7; end if'") == [(7,)]
    assert client("execute immediate 'select ' || '8'") == [(8,)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("execute immediate 'select 1; select 2'", 8),
        ("execute immediate 'select * from nosuch'", 2003),
        ("execute immediate ''", 900),
        ("execute immediate 'select 1')", 1003),
        ("execute immediate 'select ?'", 1003),
        ("execute immediate $nosuch", 1003),
        ("execute immediate", 1003),
    ],
)
def test_execute_immediate_refuses(client, text, code):
    assert client.error(text)[0] == code


def test_execute_immediate_in_a_block(client):
    client("create table t (a int)")
    text = """
        declare
          statement varchar default 'insert into t values (76)';
          result int;
        begin
          execute immediate statement;
          execute immediate statement || ', (80)' || ', (84)';
          execute immediate 'insert into t values (?)' using (result);
          execute immediate :statement;
          result := (select count(*) from t);
          return result;
        end;"""
    assert value(client, text) == 6


# -- EXECUTE IMMEDIATE FROM ----------------------------------------------------------------------------


@pytest.fixture
def staged(client, tmp_path):
    """Put a script into the stage ST."""
    client("create stage st")

    def put(name, text, folder="scripts"):
        (tmp_path / name).write_text(text)
        client(f"put file://{tmp_path / name} @st/{folder}/ auto_compress=false overwrite=true")

    return put


def test_a_staged_script_runs(client, staged):
    staged(
        "a.sql",
        "create table inv (sku varchar, price int); -- one; two\nexecute immediate from './b.sql';\n"
        "select sku from inv order by price desc;",
    )
    staged("b.sql", "insert into inv values ('X', 1), ('Y', 2);\nbegin\n  insert into inv values ('Z', 0);\nend;")
    assert client("execute immediate from @st/scripts/a.sql") == [("Y",), ("X",), ("Z",)]
    assert client.error("execute immediate from '@st/scripts/a.sql'")[0] == 2002


def test_a_staged_template(client, staged):
    staged("macros.jinja", "{% macro names(kind) %}{{ 'prod' if kind == 'p' else 'dev,qa' }}{% endmacro %}")
    staged(
        "t.sql",
        "--!jinja\n{% from 'macros.jinja' import names %}{% for each in names(kind).split(',') %}"
        "create table {{ each }}_orders (a int);\n{% endfor %}select '{{ kind }}' as k;",
    )
    assert client("execute immediate from @st/scripts/t.sql using (kind => 'd')") == [("d",)]
    assert [row[1] for row in client("show tables")] == ["DEV_ORDERS", "QA_ORDERS"]
    rendered = value(client, "execute immediate from @st/scripts/t.sql using (kind => 'p') dry_run = true")
    assert "create table prod_orders" in rendered
    assert client.names() == ["rendered file contents"]
    code, sqlstate, words = client.error("execute immediate from @st/scripts/t.sql")
    assert (code, sqlstate) == (5, "XX000")
    assert "jinja2.exceptions.UndefinedError: 'kind' is undefined" in words


def test_a_template_gets_values_of_a_script(client, staged):
    staged("t.sql", "select '{{ a }}' || {{ b }};", "")
    assert value(client, "begin let x varchar := 'v'; let r resultset := (execute immediate 'execute immediate from "
                 "@st/t.sql using (a => ''q'', b => 2)'); return table(r); end") == "q2"  # fmt: skip


def test_a_template_is_sandboxed(client, staged):
    staged("evil.sql", "--!jinja\nselect '{{ ''.__class__.__mro__ }}';")
    assert client.error("execute immediate from @st/scripts/evil.sql")[0] == 5
    staged("big.sql", "--!jinja\n{% for i in range(50000) %}abc{% endfor %}")
    assert client.error("execute immediate from @st/scripts/big.sql")[0] == 1518


def test_a_staged_script_that_fails(client, staged):
    staged("bad.sql", "create table done (a int);\n\n  select * from nosuch;")
    code, sqlstate, words = client.error("execute immediate from @st/scripts/bad.sql")
    assert (code, sqlstate) == (2003, "42S02")
    assert "in file @st/scripts/bad.sql on line 3 at position 2:" in words
    assert client("select * from done") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("execute immediate from @st/scripts/", 1501),
        ("execute immediate from @st/nosuch.sql", 1501),
        ("execute immediate from @nosuch/a.sql", 2003),
        ("execute immediate from './a.sql'", 1503),
        ("execute immediate from @st/a.sql)", 1003),
        ("execute immediate from @st/a.sql using (a = 1)", 1003),
    ],
)
def test_execute_immediate_from_refuses(client, staged, text, code):
    assert client.error(text)[0] == code


def test_nested_files_have_a_limit(client, staged):
    staged("loop.sql", "execute immediate from 'loop.sql';")
    assert "maximum execution depth for nested files" in client.error("execute immediate from @st/scripts/loop.sql")[2]


ALL_GRANTS = """
declare
  grants resultset;
  text varchar default '';
  roles cursor for select "name" as n from table(result_scan(last_query_id())) where "name" like 'MANY\\_%' escape '\\\\';
begin
  for each in roles do
    execute immediate 'show grants to role ' || each.n;
    text := text || iff(text = '', '', ' union all ') || 'select * from table(result_scan(''' || last_query_id() || '''))';
  end for;
  grants := (execute immediate :text);
  return table(grants);
end
"""


def test_grants_of_many_roles_in_one_table(client):
    """The cursor opens on what ran before the block: that still runs, and is no LAST_QUERY_ID of its own."""
    database = client("select current_database()")[0][0]
    for number in range(5):
        client(f"create or replace role many_{number}")
        client(f'grant usage on database "{database}" to role many_{number}')
    client("show roles")
    rows = client(ALL_GRANTS)
    names = client.names()
    assert names[:3] == ["created_on", "privilege", "granted_on"]
    assert [row[names.index("grantee_name")] for row in rows] == [f"MANY_{number}" for number in range(5)]
    for number in range(5):
        client(f"drop role many_{number}")
