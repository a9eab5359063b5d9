"""Transactions: what is undone, what others see, who waits for whom."""

from __future__ import annotations

import threading

import pytest
import snowflake.connector as connector


@pytest.fixture
def pair(client, connect):
    """Two sessions in one database with a table."""
    client("create table t (a int, b varchar(3))")
    client("create table u (a int)")
    client("insert into t values (1, 'x')")
    other = connect()
    other(f'use schema "{client("select current_database()")[0][0]}".public')
    yield client, other
    for each in (client, other):
        each("rollback")


def test_a_failing_statement_is_undone_alone(client):
    client("create table t (a int, b varchar(3))")
    client("begin")
    client("insert into t values (1, 'a')")
    assert client.error("insert into t values (2, 'b'), (3, 'long')")[0] == 100078
    assert client.error("select 1/0 from t")[0] == 100051
    client("insert into t select a + 10, b from t")
    client("commit")
    assert client("select a from t order by a") == [(1,), (11,)]


def test_others_see_what_is_committed(pair):
    one, two = pair
    one("begin")
    one("insert into t values (2, 'y')")
    assert two("select count(*) from t") == [(1,)]
    two("insert into t values (3, 'z')")
    assert one("select count(*) from t") == [(3,)], "read committed: each statement sees what was committed before it"
    one("commit")
    assert two("select count(*) from t") == [(3,)]


def test_an_open_transaction_does_not_block_other_tables(pair):
    one, two = pair
    two("alter session set lock_timeout = 1")
    one("begin")
    one("update t set b = 'q'")
    two("insert into u values (1)")
    two("insert into t values (5, 'i')")
    assert two.error("update t set b = 'r'")[:2] == (625, "57014")
    one("commit")
    two("update t set b = 'r' where a = 1")
    assert one("select a, b from t order by a") == [(1, "r"), (5, "i")]


def test_who_waits_goes_on_after_the_commit(pair):
    one, two = pair
    one("begin")
    one("update t set a = a + 1")
    waiting = threading.Thread(target=lambda: two("update t set a = a * 10"))
    waiting.start()
    one("commit")
    waiting.join(10)
    assert one("select a from t") == [(20,)]


def test_a_deadlock_gives_up_one_statement(pair):
    one, two = pair
    one("insert into u values (1)")
    for session in pair:
        session("begin")
    one("update t set a = 5")
    two("update u set a = 6")
    errors = []

    def attempt(session, text):
        try:
            session(text)
        except connector.errors.Error as error:
            errors.append((error.errno, error.sqlstate))
            session("rollback")

    threads = [
        threading.Thread(target=attempt, args=(two, "update t set a = 7")),
        threading.Thread(target=attempt, args=(one, "update u set a = 8")),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert errors == [(625, "57014")]


def test_ddl_commits(pair):
    one, two = pair
    one("begin")
    one("insert into t values (2, 'y')")
    one("create table w (a int)")
    one("rollback")
    assert two("select count(*) from t") == [(2,)]


def test_show_transactions_and_locks(pair):
    one, two = pair
    assert one("show transactions") == []
    one("begin name mine")
    one("update t set a = 2")
    row = one("show transactions")[0]
    assert one.names() == ["id", "user", "session", "name", "started_on", "state", "scope"]
    assert (row[1], row[3], row[5]) == ("ADMIN", "MINE", "running")
    assert one("select current_transaction()") == [(str(row[0]),)]
    held = one("show locks")
    assert one.names() == [
        "resource", "type", "transaction", "transaction_started_on", "status", "acquired_on", "query_id", "session",
    ]  # fmt: skip
    assert [(each[0].split(".")[-1], each[1], each[2], each[4]) for each in held] == [
        ("T", "PARTITIONS", row[0], "HOLDING")
    ]
    assert one(f"describe transaction {row[0]}")[0][5] == "running"
    assert two(f"select system$abort_transaction({row[0]})") == [("Transaction successfully aborted.",)]
    assert two("select a from t") == [(1,)]
    assert one("select current_transaction()") == [(None,)]
    assert one("select last_transaction()") == [(str(row[0]),)]
    assert one(f"describe transaction {row[0]}")[0][5] == "rolled back"
    assert one.error("describe transaction 17")[0] == 2003


@pytest.mark.parametrize(
    "text", ["begin work now", "commit now", "rollback work to x", "begin name", "show locks in database x"]
)
def test_bad_input(client, text):
    assert client.error(text)[:2] == (1003, "42000")
