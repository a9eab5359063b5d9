"""What the connector of 4.x can do, done against the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from datetime import time as clock
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import snowflake.connector as connector
from snowflake.connector.constants import QueryStatus
from snowflake.connector.result_batch import ArrowResultBatch, JSONResultBatch

from snowmaker import sandbox

from .conftest import Client

Connect = Callable[..., Client]

VALUES = {
    "1::number(38,0)": 1,
    "-123456789012345678::number(18,0)": -123456789012345678,
    "99999999999999999999999999999999999999::number(38,0)": 10**38 - 1,
    "12345.6789::number(10,4)": Decimal("12345.6789"),
    "-0.5::number(5,1)": Decimal("-0.5"),
    "-9.999999999999999999999999999999999999::number(38,37)": Decimal("-9.999999999999999999999999999999999999"),
    "5.02797279921331664759::number(22,20) / 0.71828182845904523537::number(22,20)": Decimal(7),
    "-1.5::number(38,20) / 4::number(38,20)": Decimal("-0.375"),
    "1::number(38,37) / 3": Decimal("0.3333333333333333333333333333333333333"),
    "-2::number(38,30) / 3::number(38,30)": Decimal("-0.666666666666666666666666666667"),
    "12345678901234567890.12345::number(38,5)": Decimal("12345678901234567890.12345"),
    "1.5::float": 1.5,
    "'ä\n\"x'": 'ä\n"x',
    "''": "",
    "true": True,
    "false": False,
    "to_binary('00ff', 'HEX')": b"\x00\xff",
    "'2020-02-29'::date": date(2020, 2, 29),
    "'0001-01-01'::date": date(1, 1, 1),
    "'253402214400000000000'::date": date(9999, 12, 31),
    "'23:59:59.123456'::time": clock(23, 59, 59, 123456),
    "'23:59:59.123456'::time(3)": clock(23, 59, 59, 123000),
    "'2020-01-01 10:11:12.123456'::timestamp_ntz": datetime(2020, 1, 1, 10, 11, 12, 123456),
    "'2020-01-01 10:11:12.123456'::timestamp_ntz(0)": datetime(2020, 1, 1, 10, 11, 12),
    "'2020-01-01 10:11:12.123456'::timestamp_ntz(3)": datetime(2020, 1, 1, 10, 11, 12, 123000),
    "'1955-01-01 10:11:12.5'::timestamp_ntz": datetime(1955, 1, 1, 10, 11, 12, 500000),
    "'2020-01-01 10:11:12 +0000'::timestamp_ltz": datetime(2020, 1, 1, 10, 11, 12, tzinfo=UTC),
    "'2020-01-01 10:11:12.25 +0000'::timestamp_tz": datetime(2020, 1, 1, 10, 11, 12, 250000, tzinfo=UTC),
    "'2020-01-01 10:11:12.25 +0000'::timestamp_tz(2)": datetime(2020, 1, 1, 10, 11, 12, 250000, tzinfo=UTC),
    "parse_json('{\"a\": [1, null]}')": '{\n  "a": [\n    1,\n    null\n  ]\n}',
    "array_construct(1, 'x')": '[\n  1,\n  "x"\n]',
}


@pytest.fixture(params=["ARROW", "JSON"])
def formatted(client: Client, request: pytest.FixtureRequest) -> Client:
    """A client whose results come in this format."""
    client("alter session set python_connector_query_result_format = ?", [request.param])
    return client


@pytest.mark.parametrize("expression", VALUES)
def test_values_come_back(formatted: Client, expression: str) -> None:
    assert formatted(f"select {expression} as a") == [(VALUES[expression],)]


@pytest.mark.parametrize("expression", VALUES)
def test_nulls_beside_values(formatted: Client, expression: str) -> None:
    formatted("create table t (n int)")
    formatted("insert into t values (1), (2)")
    rows = formatted(f"select case when n = 1 then {expression} end as a from t order by n")
    assert rows == [(VALUES[expression],), (None,)]
    assert formatted(f"select {expression} as a from t where n = 3") == []


def test_nanoseconds(formatted: Client) -> None:
    """Python's own types end at microseconds; what Snowflake writes does not."""
    text = "'2020-01-01 10:11:12.123456789'::timestamp_ntz"
    assert formatted(f"select to_varchar({text}, 'FF9'), date_part(nanosecond, {text})") == [("123456789", 123456789)]


def test_nanoseconds_are_cut_off_where_they_are_stored(client: Client) -> None:
    client("create table t (a timestamp_ntz(6), b timestamp_ntz)")
    client("insert into t values ('2017-01-01 12:00:00.999999999', '2017-01-01 12:00:00.999999999')")
    assert client("select * from t") == [(datetime(2017, 1, 1, 12, 0, 0, 999999),) * 2]
    assert client("select count(*) from t where a = '2017-01-01 12:00:00.999999999'::timestamp_ntz(6)") == [(1,)]


BOUND = [
    ("number(38,0)", 10**38 - 1),
    ("number(38,0)", -5),
    ("number(10,2)", Decimal("12.34")),
    ("float", 1.25),
    ("varchar", 'it\'s \\ "quoted"\n'),
    ("varchar", ""),
    ("boolean", True),
    ("boolean", False),
    ("binary", b"\x00\x01\xff"),
    ("date", date(1969, 12, 31)),
    ("time", clock(1, 2, 3, 456)),
    ("timestamp_ntz", datetime(2001, 2, 3, 4, 5, 6, 789)),
    ("timestamp_ntz", datetime(1901, 2, 3, 4, 5, 6, 789)),
    ("timestamp_ltz", datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=UTC)),
    ("timestamp_tz", datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=UTC)),
]


@pytest.mark.parametrize("threshold", [0, 1])
@pytest.mark.parametrize(("kind", "value"), BOUND)
def test_bound_values_are_stored(client: Client, kind: str, value: Any, threshold: int) -> None:
    """One by one, many inline, and many through a stage."""
    client(f"create table t (n int, v {kind})")
    typed = (kind.upper(), value) if kind.startswith("timestamp") else value
    client("insert into t values (?, ?)", [0, typed])
    client.connection._session_parameters["CLIENT_STAGE_ARRAY_BINDING_THRESHOLD"] = threshold
    client.cursor.executemany("insert into t values (?, ?)", [(1, typed), (2, None)])
    assert client.cursor.rowcount == 2
    assert client("select v from t order by n") == [(value,), (value,), (None,)]


def test_many_rows_at_once(client: Client) -> None:
    client("create table t (a int, b varchar)")
    rows = [(n, None if n % 7 == 0 else "" if n % 5 == 0 else f'x,"{n}\n') for n in range(50_000)]
    begun = time.monotonic()
    client.cursor.executemany("insert into t values (?, ?)", rows)
    assert time.monotonic() - begun < 15
    assert client("select a, b from t order by a") == rows


def test_pyformat(connect: Connect, client: Client) -> None:
    other = connect(paramstyle="pyformat")
    assert other("select %(a)s, %(b)s", {"a": "it's", "b": 1}) == [("it's", 1)]


def test_several_statements(client: Client) -> None:
    client.cursor.execute(
        "create table t (a int); insert into t values (?), (?); select sum(a) from t", [1, 2], num_statements=3
    )
    assert client.cursor.fetchall() == [("Table T successfully created.",)]
    assert client.cursor.nextset().fetchall() == [(2,)]
    assert client.cursor.nextset().fetchall() == [(3,)]
    assert client.cursor.nextset() is None


@pytest.mark.parametrize("wanted", [1, 3])
def test_the_number_of_statements_is_checked(client: Client, wanted: int) -> None:
    with pytest.raises(connector.errors.ProgrammingError) as caught:
        client.cursor.execute("select 1; select 2;", num_statements=wanted)
    assert caught.value.errno == 8
    assert f"Actual statement count 2 did not match the desired statement count {wanted}." in str(caught.value.msg)


def test_any_number_of_statements(client: Client) -> None:
    client.cursor.execute("select 1; select 2;", num_statements=0)
    assert client.cursor.nextset().fetchall() == [(2,)]
    client.cursor.execute("select 3;", num_statements=0)
    assert client.cursor.fetchall() == [(3,)]


def test_what_ran_before_the_failing_statement_stays(client: Client) -> None:
    with pytest.raises(connector.errors.ProgrammingError, match="NOT_THERE"):
        client.cursor.execute("create table t (a int); select * from not_there; drop table t", num_statements=0)
    assert client("select count(*) from t") == [(0,)]


def test_a_script(client: Client) -> None:
    cursors = list(
        client.connection.execute_string("create table t (a int); insert into t values (1); select * from t;")
    )
    assert cursors[-1].fetchall() == [(1,)]


def test_asynchronous_queries_run_beside(client: Client) -> None:
    query_id = client.cursor.execute_async("select system$wait(2)")["queryId"]
    assert client.connection.is_still_running(client.connection.get_query_status(query_id))
    begun = time.monotonic()
    assert Client(client.connection)("select 1") == [(1,)]
    assert time.monotonic() - begun < 1.5
    client.cursor.get_results_from_sfqid(query_id)
    assert client.cursor.fetchall() == [("waited 2 seconds",)]


def test_an_asynchronous_query_can_be_canceled(client: Client) -> None:
    query_id = client.cursor.execute_async("select system$wait(30)")["queryId"]
    time.sleep(0.2)
    assert client(f"select system$cancel_query('{query_id}')") == [(f"query [{query_id}] terminated.",)]
    while client.connection.is_still_running(client.connection.get_query_status(query_id)):
        time.sleep(0.05)
    assert client.connection.get_query_status(query_id) == QueryStatus.FAILED_WITH_ERROR
    with pytest.raises(connector.errors.ProgrammingError, match="SQL execution canceled"):
        client.connection.get_query_status_throw_if_error(query_id)


def test_asynchronous_writes_keep_their_order(client: Client) -> None:
    client.cursor.execute_async("create table t (a int)")
    client.cursor.execute_async("insert into t values (1)")
    assert client("select * from t") == [(1,)]


def test_an_earlier_result(client: Client) -> None:
    client("select 1 as a union all select 2 order by 1")
    query_id = client.cursor.sfqid
    assert client.connection.cursor().query_result(query_id).fetchall() == [(1,), (2,)]
    assert client(f"select sum(a) from table(result_scan('{query_id}'))") == [(3,)]


def test_a_timeout_of_the_client(client: Client) -> None:
    begun = time.monotonic()
    with pytest.raises(connector.errors.ProgrammingError) as caught:
        client.cursor.execute("select system$wait(30)", timeout=1)
    assert (caught.value.errno, time.monotonic() - begun < 5) == (604, True)


def test_a_timeout_of_the_session(client: Client) -> None:
    client("alter session set statement_timeout_in_seconds = 1")
    code, state, text = client.error("select system$wait(30)")
    assert (code, state) == (630, "57014")
    assert text.endswith("reached its statement or warehouse timeout of 1 second(s) and was canceled.")


def test_only_described(client: Client) -> None:
    client("create table t (a int not null, b varchar(5), c number(10,2))")
    found = client.cursor.describe("select * from t")
    assert [(column.name, column.precision, column.scale, column.internal_size) for column in found] == [
        ("A", 38, 0, None), ("B", None, None, 5), ("C", 10, 2, None),
    ]  # fmt: skip
    assert client.cursor.describe("insert into t values (1, 'a', 2)")[0].name == "number of rows inserted"
    assert client("select * from t") == []


@pytest.mark.parametrize("form", ["ARROW", "JSON"])
@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("create or replace table t (other int)", "status"),
        ("drop table t", "status"),
        ("truncate table t", "status"),
        ("alter session set query_tag = 'described'", "status"),
        ("set described = 1", "status"),
        ("begin", "status"),
        ("use schema information_schema", "status"),
        ("rm @~", "status"),
        ("show tables", "created_on"),
        ("insert into t values (2)", "number of rows inserted"),
        ("update t set a = 2", "number of rows updated"),
        ("begin drop table t; end", "anonymous block"),
        ("execute immediate 'drop table t'", "status"),
    ],
)
def test_describing_does_nothing(client: Client, text: str, column: str, form: str) -> None:
    client(f"alter session set python_connector_query_result_format = {form}")
    client("create table t (a int)")
    client("insert into t values (1)")
    assert client.cursor.describe(text)[0].name == column
    assert (client.cursor.rowcount, client.cursor.fetchall()) == (None, [])
    assert client("select a from t") == [(1,)]
    assert client("show variables") == []
    found = client("select current_schema(), current_transaction(), (select count(*) from t)")
    assert found == [("PUBLIC", None, 1)]
    assert client("show parameters like 'query_tag'")[0][1] == ""


@pytest.mark.parametrize("form", ["ARROW", "JSON"])
def test_large_results_come_in_parts(client: Client, form: str) -> None:
    client(f"alter session set python_connector_query_result_format = {form}")
    client.cursor.execute("select seq4() as n, 'x' || seq4() as t from table(generator(rowcount => 60000)) order by n")
    assert len(client.cursor.get_result_batches()) > 1
    assert client.cursor.fetchall() == [(n, f"x{n}") for n in range(60_000)]


def test_a_parameter_for_one_statement(client: Client) -> None:
    client("select 1", _statement_params={"QUERY_TAG": "once", "TIMEZONE": "Asia/Tokyo"})
    assert client("show parameters like 'TIMEZONE' in session")[0][1] == "America/Los_Angeles"
    tags = client(
        "select query_tag from table(information_schema.query_history_by_session()) where query_text = 'select 1'"
    )
    assert tags == [("once",)]


def test_parameters_come_back_to_the_client(client: Client) -> None:
    client("alter session set timezone = 'Asia/Tokyo', autocommit = false")
    client("select 1")
    assert client.connection._session_parameters["TIMEZONE"] == "Asia/Tokyo"
    assert client.connection._session_parameters["AUTOCOMMIT"] is False
    client("alter session unset timezone")
    assert client.connection._session_parameters["TIMEZONE"] == "America/Los_Angeles"


def test_timestamps_follow_the_time_zone(client: Client) -> None:
    client("alter session set timezone = 'Asia/Tokyo'")
    ((found,),) = client("select '2020-01-01 00:00:00'::timestamp_ltz")
    assert found.isoformat() == "2020-01-01T00:00:00+09:00"


def test_statistics(client: Client) -> None:
    client("create table t (a int)")
    client("insert into t values (1), (2)")
    assert client.cursor.stats.num_rows_inserted == 2
    client("delete from t where a = 1")
    assert client.cursor.stats.num_rows_deleted == 1
    client("update t set a = 5 where a = 9")
    assert client.cursor.stats.num_rows_updated is None


def test_sixteen_clients_at_once(client: Client, connect: Connect) -> None:
    """Each makes a table, changes it and reads it, in a transaction and out of one, while the others do the same."""
    (database,) = client("select current_database()")[0]
    clients = [connect(database=f'"{database}"', schema="PUBLIC") for _ in range(16)]
    client("create table shared (n int)")
    failures: list[BaseException] = []
    together = Barrier(16)

    def work(number: int, own: Client) -> None:
        try:
            together.wait(30)
            own(f"create or replace table t{number} (a int, b varchar)")
            for n in range(5):
                own(f"insert into t{number} values (?, ?)", [n, f"row {n}"])
                own("insert into shared values (?)", [number])
            own("begin")
            own(f"update t{number} set b = 'x' where a < 3")
            own(f"delete from t{number} where a = 4")
            own("commit")
            own(f"alter table t{number} add column c int default 7")
            assert own(f"select a, b, c from t{number} order by a") == [
                (0, "x", 7), (1, "x", 7), (2, "x", 7), (3, "row 3", 7),
            ]  # fmt: skip
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=work, args=(number, own)) for number, own in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert client("select n, count(*) from shared group by n order by n") == [(number, 5) for number in range(16)]


@pytest.mark.slow  # a time, so not where others keep the machine busy
def test_it_starts_within_a_second() -> None:
    with sandbox.open_account(None):
        begun = time.monotonic()
        with sandbox.open_account(None):
            assert time.monotonic() - begun < 1


def test_other_names_of_the_connector(connect: Connect, tmp_path: Path) -> None:
    """SQLAlchemy and Snowpark are the connector under another name; whom the server does not know gets JSON."""
    (tmp_path / "a.csv").write_text("1\n")
    named = connect(internal_application_name="SnowflakeSQLAlchemy", internal_application_version="1.11.0")
    assert named("select current_client()") == [("SnowflakeSQLAlchemy 1.11.0",)]
    assert named(f"put file://{tmp_path}/a.csv @~/named overwrite = true")[0][6] == "UPLOADED"
    named("rm @~/named")
    named("select 1")
    assert isinstance(named.cursor.get_result_batches()[0], ArrowResultBatch)
    unknown = connect(internal_application_name="Unheard")
    unknown("select 1")
    assert isinstance(unknown.cursor.get_result_batches()[0], JSONResultBatch)
