"""USE, parameters, tags, history, transactions, canceling, faults, concurrent clients."""

from __future__ import annotations

import json
import threading
import time

import pytest
import snowflake.connector as connector
from snowflake.connector.constants import QueryStatus

from snowmaker.sandbox import Fault


def test_use(client):
    client("create schema s")
    client("use schema public")
    assert client.connection.schema == "PUBLIC"
    client("use role sysadmin")
    assert client("select current_role()") == [("SYSADMIN",)]
    assert client.connection.role == "SYSADMIN"
    client("use secondary roles none")
    assert json.loads(client("select current_secondary_roles()")[0][0])["value"] == "NONE"
    for text in ("use role nosuch", "use warehouse nosuch", "use database nosuch", "use schema nosuch"):
        assert client.error(text)[:2] == (2043, "02000")


def test_parameters(client):
    client("alter session set timezone = 'UTC' query_tag = 'a', lock_timeout = 5")
    rows = {row[0]: row for row in client("show parameters in session")}
    assert rows["TIMEZONE"][1:4] == ("UTC", "America/Los_Angeles", "SESSION")
    assert rows["LOCK_TIMEOUT"][1] == "5"
    client("alter session unset query_tag, timezone")
    assert client("show parameters like 'query_tag'")[0][1:4] == ("", "", "")
    assert client.error("alter session set nosuch = 1")[0] == 1006
    assert client.error("alter session set autocommit = 'perhaps'")[0] == 1008
    assert client.error("alter session set timezone = 'Nowhere/Land'")[0] == 1008


@pytest.mark.parametrize(
    ("settings", "text", "expected"),
    [
        ("date_output_format = 'DD/MM/YYYY'", "'2020-01-02'::date::varchar", "02/01/2020"),
        ("date_output_format = 'DD/MM/YYYY'", "'2020-01-02'::date || '.'", "02/01/2020."),
        ("time_output_format = 'HH24.MI'", "to_varchar('01:02:03'::time)", "01.02"),
        ("timestamp_ntz_output_format = 'YYYY'", "'2020-01-02'::timestamp_ntz::text", "2020"),
        ("timestamp_output_format = 'MM'", "'2020-01-02'::timestamp_ltz::text", "01"),
        ("binary_output_format = base64", "to_binary('00ff')::varchar", "AP8="),
        ("binary_input_format = utf8", "to_varchar(to_binary('a'), 'HEX')", "61"),
        ("date_input_format = 'DD/MM/YYYY'", "'03/02/2020'::date::varchar", "2020-02-03"),
        ("time_input_format = 'HH24MI'", "'0405'::time::varchar", "04:05:00"),
        ("timestamp_input_format = 'DD/MM/YYYY'", "to_timestamp('03/02/2020')::date::text", "2020-02-03"),
        ("timestamp_type_mapping = timestamp_tz", "system$typeof('2020-01-02'::timestamp)", "TIMESTAMP_TZ(9)[SB8]"),
    ],
)
def test_formats_of_the_session(connect, settings, text, expected):
    """https://docs.snowflake.com/en/sql-reference/parameters#session-parameters"""
    client = connect()
    client(f"alter session set {settings}")
    assert client(f"select {text}") == [(expected,)]


def test_a_format_refuses_what_it_does_not_fit(connect):
    client = connect()
    client("alter session set date_input_format = 'DD/MM/YYYY'")
    assert client.error("select '2020-02-03'::date")[:2] == (100040, "22007")
    assert client("select try_to_date('2020-02-03')") == [(None,)]


def test_other_parameters_that_have_an_effect(client):
    client("alter session set timestamp_type_mapping = timestamp_ltz, rows_per_resultset = 2")
    client("create table t (a timestamp, b timestamp_ntz)")
    assert [row[1] for row in client("describe table t")] == ["TIMESTAMP_LTZ(9)", "TIMESTAMP_NTZ(9)"]
    rows = "select * from values (1), (2), (3)"
    assert (client(rows), client(f"select count(*) from ({rows})")) == ([(1,), (2,)], [(3,)])


def test_variables_by_name(client):
    client("set (word, number) = ('x', 2)")
    text = "select getvariable('WORD'), getvariable('NUMBER'), getvariable('word'), getvariable('SF_USER')"
    assert client(text) == [("x", "2", None, None)]


def _row(client, query):
    return client(
        "select query_tag, execution_status, error_code from "
        "table(information_schema.query_history_by_session(result_limit => 50)) where query_id = ?",
        (query,),
    )


def test_tags_in_the_history(client):
    client("select 1", _statement_params={"QUERY_TAG": '{"n": 1}'})
    own = client.cursor.sfqid
    client("alter session set query_tag = 'session'")
    client("select 2")
    second = client.cursor.sfqid
    with pytest.raises(connector.errors.ProgrammingError) as caught:
        client("select * from nosuch", _statement_params={"QUERY_TAG": "failing"})
    assert _row(client, own) == [('{"n": 1}', "SUCCESS", None)]
    assert _row(client, second) == [("session", "SUCCESS", None)]
    assert _row(client, caught.value.sfqid) == [("failing", "FAILED_WITH_ERROR", "002003")]


def test_history_of_another_session(client, connect):
    other = connect()
    other("select 'theirs'")
    (number,) = other("select current_session()")[0]
    found = client(f"select query_text from table(information_schema.query_history_by_session(session_id => {number}))")
    assert ("select 'theirs'",) in found


def test_transactions(client):
    client("create table t (a int)")
    client("begin")
    client("insert into t values (1)")
    assert client("select count(*), current_transaction() is not null from t") == [(1, True)]
    client("rollback")
    assert client("select count(*) from t") == [(0,)]
    client("begin transaction")
    client("insert into t values (2)")
    assert client.error("select nosuch from t")[0] == 904
    assert client.error("insert into t values ('x')")[0] == 100038
    client("insert into t values (3)")
    client("commit")
    assert client("select a from t order by a") == [(2,), (3,)]


def test_autocommit_off(client, connect):
    client("create table t (a int)")
    database = client("select current_database()")[0][0]
    client.connection.autocommit(False)
    client("insert into t values (1)")
    other = connect()
    assert other(f'select count(*) from "{database}".public.t') == [(0,)]
    client.connection.commit()
    assert other(f'select count(*) from "{database}".public.t') == [(1,)]


def test_writers_queue(client, connect):
    client("create table t (a int)")
    name = f'"{client("select current_database()")[0][0]}".public.t'
    client("insert into t values (0)")
    client("begin")
    client("update t set a = 1")
    other = connect()
    done: list[float] = []

    def write() -> None:
        other(f"update {name} set a = a + 1")
        done.append(time.monotonic())

    thread = threading.Thread(target=write)
    thread.start()
    time.sleep(0.2)
    assert not done
    connect()("create or replace database in_between")  # DDL need not wait for a writer
    client("commit")
    thread.join(5)
    assert done
    assert client("select a from t") == [(2,)]
    client("begin")
    client("update t set a = 3")
    other("alter session set lock_timeout = 0")
    assert other.error(f"delete from {name}")[0] == 625
    client("rollback")


def test_cancel(connect):
    client, other = connect(), connect()
    client.cursor.execute_async("select system$wait(30)")
    query = client.cursor.sfqid
    time.sleep(0.2)
    assert "terminated" in other(f"select system$cancel_query('{query}')")[0][0]
    while client.connection.is_still_running(client.connection.get_query_status(query)):
        time.sleep(0.02)
    with pytest.raises(connector.errors.ProgrammingError) as caught:
        client.cursor.get_results_from_sfqid(query)
        client.cursor.fetchall()
    assert caught.value.errno == 604


@pytest.fixture
def stranger(client, connect):
    """Another user, with a role of little use."""
    client("create or replace role strangers")
    client("create or replace user stranger password = 'Stranger1' default_role = strangers")
    client("grant role strangers to user stranger")
    yield connect(user="stranger", password="Stranger1")
    client("drop user stranger")
    client("drop role strangers")


def test_results_are_their_users_own(client, connect, stranger):
    client("select 'mine' as a")
    query = client.cursor.sfqid
    for text in (
        "select a from table(result_scan(?))",
        "select upper(a) from table(result_scan(?)), lateral flatten([1])",
    ):
        assert stranger.error(text, (query,))[:2] == (709, "02000")
    assert stranger.connection.get_query_status(query) == QueryStatus.NO_DATA
    other = connect()
    assert other("select a from table(result_scan(?))", (query,)) == [("mine",)]
    assert other.connection.get_query_status(query) == QueryStatus.SUCCESS
    stranger("select 'theirs' as b")
    assert client.error("select b from table(result_scan(?))", (stranger.cursor.sfqid,))[0] == 709


def test_earlier_results_by_their_number(client):
    first = client("select last_query_id(1)")
    client("select 5 as a")
    assert client("select a from table(result_scan())") == [(5,)]
    client("select 6 as a")
    assert client("select a from table(result_scan(-1))") == [(6,)]
    assert client("select * from table(result_scan(1))") == client(f"select * from table(result_scan('{first[0][0]}'))")


def test_who_may_stop_what_others_run(client, connect, stranger):
    running = connect()
    running.cursor.execute_async("select system$wait(60)")
    query, session = running.cursor.sfqid, running.connection.session_id
    while running.connection.get_query_status(query) != QueryStatus.RUNNING:
        time.sleep(0.02)
    calls = (f"cancel_query('{query}')", f"cancel_all_queries({session})", f"abort_session({session})")
    for call in calls:
        assert stranger.error(f"select system${call}")[:2] == (3001, "42501")
    client("grant operate on warehouse compute_wh to role strangers")
    assert stranger(f"select system${calls[0]}") == [(f"query [{query}] terminated.",)]
    client("revoke operate on warehouse compute_wh from role strangers")
    own = stranger.connection.session_id
    assert client(f"select system$abort_session({own})") == [(f"session [{own}] terminated.",)]


def test_timeout_cancels_a_long_query(client):
    client("create table t as select row_number() over (order by 1) as n from table(generator(rowcount => 10000))")
    begun = time.monotonic()
    with pytest.raises(connector.errors.ProgrammingError) as caught:
        client.cursor.execute("select sum(a.n * b.n * c.n) from t a, t b, t c", timeout=1)
    assert caught.value.errno == 604
    assert time.monotonic() - begun < 10
    assert client("select 1") == [(1,)]


def test_fault_fails_by_tag(client, account):
    account.fault(Fault("fail", match={"script": "V1", "statement": 2}))
    client("select 1", _statement_params={"QUERY_TAG": json.dumps({"script": "V1", "statement": 1})})
    with pytest.raises(connector.errors.ProgrammingError) as caught:
        client("select 2", _statement_params={"QUERY_TAG": json.dumps({"script": "V1", "statement": 2, "x": 1})})
    assert caught.value.errno == 603
    client("select 2", _statement_params={"QUERY_TAG": json.dumps({"script": "V1", "statement": 2})})


def test_fault_after_has_done_it(client, account):
    account.fault(Fault("fail", when="after", text="create table faulty"))
    assert client.error("create table faulty (a int)")[0] == 603
    assert client("select * from faulty") == []


def test_fault_hides_from_the_query_history(client, account):
    account.fault(Fault("hide", text="select 78"))
    client("select 78")
    client("select 79")
    texts = [text for (text,) in client("select query_text from table(information_schema.query_history_by_session())")]
    assert "select 78" not in texts
    assert "select 79" in texts


def test_fault_hangs_until_canceled(client, account):
    account.fault(Fault("hang", text="select 77"))
    with pytest.raises(connector.errors.ProgrammingError) as caught:
        client.cursor.execute("select 77", timeout=1)
    assert caught.value.errno == 604


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_connection_runs_it_once(client, account, when):
    """The connector sends the same request again; what has run does not run twice."""
    client("create table t (a int)")
    account.fault(Fault("drop", when=when, text="insert into t"))
    client("insert into t values (1)")
    assert client("select count(*) from t") == [(1,)]


def test_one_of_many_creates(client, connect):
    name = f'"{client("select current_database()")[0][0]}".public.won'
    clients = [connect() for _ in range(6)]
    outcomes: list[object] = []
    barrier = threading.Barrier(6)

    def create(one) -> None:
        barrier.wait()
        try:
            one(f"create table {name} (a int)")
            outcomes.append("won")
        except connector.errors.ProgrammingError as error:
            outcomes.append(error.errno)

    threads = [threading.Thread(target=create, args=(each,)) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["2002"] * 5 + ["won"]


def test_sixteen_clients(client, connect):
    name = f'"{client("select current_database()")[0][0]}".public'
    client(f"create table {name}.t (a int)")
    clients = [connect() for _ in range(16)]
    errors: list[Exception] = []

    def work(number, one) -> None:
        try:
            for step in range(5):
                one(f"insert into {name}.t values (?)", (number * 100 + step,))
                one(f"create table {name}.t_{number}_{step} as select count(*) as n from {name}.t")
        except connector.errors.Error as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n, each)) for n, each in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert client("select count(*), count(distinct a) from t") == [(80, 80)]
    assert len(client("show tables")) == 81
