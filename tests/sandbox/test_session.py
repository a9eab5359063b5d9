"""USE, parameters, tags, history, transactions, canceling, faults, concurrent clients."""

from __future__ import annotations

import json
import threading
import time

import pytest
import snowflake.connector as connector

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
    client("begin")
    client("insert into t values (1)")
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
    client("insert into t values (1)")
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
