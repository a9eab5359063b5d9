"""Streams: what they give, when their offset moves, and on what they can be."""

from __future__ import annotations

import threading
import time

import pytest

from snowmaker import sandbox

from .conftest import Client, login
from .guests import guests

guest = pytest.fixture(guests)
CHANGES = "metadata$action, metadata$isupdate"


def shown(client: Client, text: str) -> dict[str, object]:
    """The one row of a SHOW or DESCRIBE, by column."""
    (row,) = client(text)
    return dict(zip(client.names(), row, strict=True))


@pytest.fixture
def base(client):
    """A table with two rows, a stream on it, and a table to copy to."""
    client("create table base (id int, a int)")
    client("insert into base values (1, 10), (2, 20)")
    client("create stream s on table base")
    client("create table copied (id int, a int, action varchar)")
    return client


def changes(client: Client, stream: str = "s") -> list[tuple[object, ...]]:
    return sorted(client(f"select id, a, {CHANGES} from {stream}"))


def test_net_changes(base):
    base("insert into base values (3, 30), (4, 40)")
    base("update base set a = 31 where id = 3")
    base("delete from base where id = 4")
    base("update base set a = 11 where id = 1")
    base("delete from base where id = 2")
    assert changes(base) == [
        (1, 10, "DELETE", True), (1, 11, "INSERT", True), (2, 20, "DELETE", False), (3, 31, "INSERT", False),
    ]  # fmt: skip
    base("update base set a = 10 where id = 1")
    assert (1, 10, "DELETE", True) not in changes(base), "what is as it was has not changed"


def test_columns_of_a_stream(base):
    assert base("select * from s") == []
    assert base.names() == ["ID", "A", "METADATA$ACTION", "METADATA$ISUPDATE", "METADATA$ROW_ID"]
    base("insert into base values (3, 30)")
    ((row_id,),) = base("select metadata$row_id from s")
    assert len(row_id) == 40
    base("update base set a = 31 where id = 3")
    assert base("select metadata$row_id from s") == [(row_id,)], "the id of a row stays"


def test_equal_rows_are_counted(client):
    client("create table base (a int)")
    client("insert into base values (1), (1), (1)")
    client("create stream s on table base")
    client("insert into base values (1), (1)")
    assert client("select count(*), min(metadata$action) from s") == [(2, "INSERT")]
    client("delete from base")
    assert client("select count(*), min(metadata$action) from s") == [(3, "DELETE")]


def test_semi_structured_columns_keep_their_type(client):
    client("create table base (v variant, t timestamp_ntz, n number(10, 2))")
    client("create stream s on table base")
    client("insert into base select parse_json('{\"x\": [1, 2]}'), '2024-01-02 03:04:05'::timestamp_ntz, 1.50")
    ((x, n),) = client("select v:x[1]::int, n from s")
    assert (x, str(n)) == (2, "1.50")
    client("update base set n = 2")
    assert client("select count(*) from s") == [(1,)]


@pytest.mark.parametrize(
    "consume",
    [
        "insert into copied select id, a, metadata$action from s",
        "insert into copied select id, a, metadata$action from s where 1 = 0",
        "create table other as select * from s",
        "create temporary table other as select * from s where 1 = 0",
        "merge into copied using s on copied.id = s.id when not matched then insert (id) values (s.id)",
        "update copied set a = s.a from s where s.id = copied.id",
        "delete from copied using s where s.id = copied.id",
        "insert into copied select id, a, '' from v",
        "copy into @%copied/changes from (select id, a from s)",
    ],
)
def test_dml_moves_the_offset(base, consume):
    base("create view v as select * from s")
    base("insert into base values (3, 30)")
    assert base("select count(*) from s") == [(1,)]
    base(consume)
    assert base("select count(*) from s") == [(0,)]
    base("insert into base values (4, 40)")
    assert base("select id from s") == [(4,)]


def test_what_does_not_move_the_offset(base):
    base("insert into base values (3, 30)")
    base("create view v as select * from s")
    base("select * from v")
    base("describe stream s")
    base("select count(*) from s join base on s.id = base.id")
    assert base.error("insert into copied select id, 'x'::int, '' from s")[0] == 100038
    assert base("select count(*) from s") == [(1,)]


def test_a_stream_in_a_transaction(base):
    """https://docs.snowflake.com/en/user-guide/streams-intro#repeatable-read-isolation"""
    base("insert into base values (3, 30)")
    base("begin")
    base("insert into base values (4, 40)")
    assert base("select id from s") == [(3,)], "up to the beginning of the transaction"
    base("insert into copied select id, a, '' from s")
    assert base("select id from s") == [(3,)], "the same at every reading"
    base("insert into copied select id, a, '' from s")
    base("rollback")
    assert base("select id from s") == [(3,)]
    base("begin")
    base("insert into base values (4, 40)")
    base("insert into copied select id, a, '' from s")
    base("commit")
    assert base("select id from s") == [(4,)], "what the transaction itself has changed comes after it"
    assert base("select id from copied") == [(3,)]


def test_a_failure_inside_a_transaction(base):
    base("insert into base values (3, 30)")
    base("begin")
    base("insert into copied select id, a, '' from s")
    base("insert into base values (5, 50)")
    assert base.error("select 1 / 0")[0]
    base("insert into base values (6, 60)")
    base("commit")
    assert sorted(base("select id from s")) == [(5,), (6,)]
    assert base("select id from copied") == [(3,)]


def test_autocommit_off(base):
    base("insert into base values (3, 30)")
    base("alter session set autocommit = false")
    base("insert into copied select id, a, '' from s")
    assert base("select id from s") == [(3,)]
    base("rollback")
    assert base("select id from s") == [(3,)]
    base("insert into copied select id, a, '' from s")
    base("commit")
    assert base("select id from s") == []


def test_a_target_that_is_the_source(base):
    base("insert into base values (3, 30)")
    base("insert into base select id + 100, a from s")
    assert changes(base) == [(103, 30, "INSERT", False)]


def test_two_streams_are_read_apart(base):
    base("create stream s2 on table base")
    base("insert into base values (3, 30)")
    base("insert into copied select id, a, '' from s")
    assert base("select count(*) from s") == [(0,)]
    assert base("select id from s2") == [(3,)]
    base("drop stream s2")
    base("insert into base values (4, 40)")
    assert base("select id from s") == [(4,)]


def test_two_sessions_consume_each_change_once(base, connect):
    base("insert into base values (3, 30)")
    database = base("select current_database()")[0][0]
    other = connect()
    other(f'use schema "{database}".public')
    base("begin")
    base("insert into copied select id, a, 'first' from s")
    waiting = threading.Thread(target=lambda: other("insert into copied select id, a, 'second' from s"))
    waiting.start()
    time.sleep(0.3)
    base("commit")
    waiting.join(20)
    assert base("select id, action from copied") == [(3, "first")]


def test_what_another_has_consumed_is_not_consumed_again(base, connect):
    base("insert into base values (3, 30)")
    database = base("select current_database()")[0][0]
    other = connect()
    other(f'use schema "{database}".public')
    base("begin")
    assert base("select id from s") == [(3,)]
    other("insert into copied select id, a, 'other' from s")
    assert base("select id from s") == [(3,)], "the same at every reading"
    base("insert into copied select id, a, 'own' from s")
    base("commit")
    assert base("select id, action from copied") == [(3, "other")]


def test_append_only(base):
    """https://docs.snowflake.com/en/user-guide/streams-intro#types-of-streams: what came, whatever became of it"""
    base("create stream news on table base append_only = true")
    assert shown(base, "describe stream news")["mode"] == "APPEND_ONLY"
    base("insert into base values (3, 30), (4, 40)")
    base("update base set a = 31 where id = 3")
    base("delete from base where id = 4")
    assert changes(base, "news") == [(3, 30, "INSERT", False), (4, 40, "INSERT", False)]
    base("insert into copied select id, a, '' from news")
    base("truncate table base")
    assert changes(base, "news") == []


def test_show_initial_rows(base):
    base("create stream whole on table base show_initial_rows = true")
    base("delete from base where id = 1")
    assert changes(base, "whole") == [(1, 10, "INSERT", False), (2, 20, "INSERT", False)]
    base("insert into copied select id, a, '' from whole")
    assert changes(base, "whole") == [(1, 10, "DELETE", False)]


def test_clone_and_at(base):
    base("insert into base values (3, 30)")
    base("create stream twin clone s")
    base("create stream same on table base at (stream => 's')")
    base("create stream later on table base")
    for stream in ("twin", "same"):
        assert changes(base, stream) == [(3, 30, "INSERT", False)]
    assert changes(base, "later") == []
    base("create or replace stream s on table base at (stream => 's')")
    assert changes(base) == [(3, 30, "INSERT", False)], "replaced at its own offset, it keeps its changes"
    base("create or replace stream s on table base")
    assert changes(base) == []
    assert "time travel" in base.error("create stream x on table base at (offset => -60)")[2]
    assert base.error("create stream x on table base before (stream => 'nosuch')")[2] == "Stream 'nosuch' not found."


def test_every_way_to_change_a_table(client):
    client("create table base (id int, t varchar)")
    client("create table more (id int, t varchar)")
    client("create stream s on table base")
    client("insert into more values (1, 'a'), (2, 'b')")
    client("insert into base select * from more")
    client("insert overwrite into base select * from more where id = 2")
    client("merge into base using more on base.id = more.id when matched then update set t = 'c' "
           "when not matched then insert values (more.id, more.t)")  # fmt: skip
    client("insert into identifier('base') values (9, 'z')")
    assert sorted(client("select id, t from s")) == [(1, "a"), (2, "c"), (9, "z")]
    client("truncate table base")
    assert client("select * from s") == []
    client("create stage st")
    client("copy into @st/x.csv from more")
    client("copy into base from @st")
    assert sorted(client("select id, t from s")) == [(1, "a"), (2, "b")]


def test_alter_table_leaves_a_stream_readable(base):
    base("insert into base values (3, 30)")
    base("alter table base add column b int default 7")
    base("alter table base rename column a to a2")
    assert base("select id, a2, b, metadata$action from s") == [(3, 30, 7, "INSERT")]
    assert [row[0] for row in base("show columns in table base")]
    base("alter table base drop column a2")
    base("update base set b = 8 where id = 1")
    assert sorted(base(f"select id, b, {CHANGES} from s")) == [
        (1, 7, "DELETE", True), (1, 8, "INSERT", True), (3, 7, "INSERT", False),
    ]  # fmt: skip
    base("alter table base alter column b set data type number(20, 0)")
    base("alter table base rename to renamed")
    assert base("select count(*) from s") == [(3,)]
    assert shown(base, "show streams like 's'")["table_name"].endswith(".PUBLIC.RENAMED")


def test_a_stream_without_its_source(base):
    base("drop table base")
    code, sqlstate, text = base.error("select * from s")
    assert (code, sqlstate) == (91901, "01000")
    assert "dropped, cannot read from stream 'S'" in text
    assert shown(base, "show streams like 's'")["stale"] == "true"
    base("undrop table base")
    assert base("select * from s") == []
    base("alter table base set change_tracking = false")
    assert base.error("select * from s")[:2] == (91930, "2F003")


def test_streams_on_views(client):
    """https://docs.snowflake.com/en/user-guide/streams-intro#streams-on-views"""
    client("create table a (id int, x int)")
    client("create table b (id int, y int)")
    client("insert into a values (1, 1), (2, 2)")
    client("insert into b values (1, 10), (2, 20)")
    client("create view small as select id, x from a where x < 100")
    client("create view pairs (i, total) as select a.id, x + y from a join b on a.id = b.id")
    client("create view both_ids as select id from a union all select id from b")
    client("create view nested as with p as (select * from pairs) select * from p where total > 0")
    for view in ("small", "pairs", "both_ids", "nested"):
        client(f"create stream s_{view} on view {view}")
    client("update a set x = 200 where id = 1")
    client("insert into a values (3, 3)")
    client("insert into b values (3, 30)")
    assert sorted(client(f"select id, x, {CHANGES} from s_small")) == [
        (1, 1, "DELETE", False), (3, 3, "INSERT", False),
    ]  # fmt: skip
    expected = [(1, 11, "DELETE", True), (1, 210, "INSERT", True), (3, 33, "INSERT", False)]
    assert sorted(client(f"select i, total, {CHANGES} from s_pairs")) == expected
    assert sorted(client(f"select i, total, {CHANGES} from s_nested")) == expected
    assert sorted(client("select id from s_both_ids")) == [(3,), (3,)]
    row = shown(client, "show streams like 'S_PAIRS'")
    assert row["source_type"] == "View"
    assert row["base_tables"].count("PUBLIC") == 2
    client("create table seen as select * from s_pairs")
    assert client("select * from s_pairs") == []


@pytest.mark.parametrize(
    "query",
    ["select count(*) as c from base", "select distinct id from base", "select id from base group by id",
     "select b.id from base b left join base c on b.id = c.id", "select id from base limit 1",
     "select id, row_number() over (order by id) as n from base", "select id from base union select id from base",
     "select id from base where id in (select id from base)", "select 1 as one"],
)  # fmt: skip
def test_views_that_no_stream_can_be_on(base, query):
    base(f"create view v as {query}")
    code, sqlstate, text = base.error("create stream sv on view v")
    assert (code, sqlstate) == (2, "0A000")
    assert "Change tracking is not supported" in text


def test_a_stream_on_a_stage(client, tmp_path):
    """https://docs.snowflake.com/en/user-guide/data-load-dirtables-pipeline"""
    client("create stage st directory = (enable = true)")
    client("create stream s on stage st")
    (tmp_path / "a.txt").write_text("a")
    client(f"put file://{tmp_path}/a.txt @st auto_compress = false")
    assert client("select relative_path from s") == []
    client("alter stage st refresh")
    assert client("select relative_path, metadata$action from s") == [("a.txt", "INSERT")]
    client("create table seen as select relative_path from s")
    assert client("select * from s") == []
    client("create stage plain")
    assert client.error("create stream s2 on stage plain")[0] == 1003
    row = shown(client, "show streams like 's'")
    assert (row["source_type"], row["mode"]) == ("Stage", "DEFAULT")


def test_system_functions(base):
    assert base("select system$stream_has_data('s')") == [(False,)]
    base("insert into base values (3, 30)")
    assert base("select system$stream_has_data('S')") == [(True,)]
    before = int(base("select system$stream_get_table_timestamp('s')")[0][0])
    base("insert into copied select id, a, '' from s")
    assert int(base("select system$stream_get_table_timestamp('s')")[0][0]) > before
    assert base.error("select system$stream_has_data('nosuch')")[0] == 2003


def test_show_describe_alter(base):
    row = shown(base, "show streams")
    assert (row["name"], row["type"], row["mode"], row["stale"], row["invalid_reason"], row["owner"]) == (
        "S", "DELTA", "DEFAULT", "false", "N/A", "ACCOUNTADMIN",
    )  # fmt: skip
    assert shown(base, "describe stream s") == row
    base("alter stream s set comment = 'c'")
    assert shown(base, "desc stream s")["comment"] == "c"
    base("alter stream if exists s unset comment")
    base("comment on stream s is 'd'")
    base("create tag t")
    base("alter stream s set tag t = 'v'")
    base("alter stream s unset tag t")
    assert shown(base, "show terse streams")["name"] == "S"
    base("alter stream if exists nosuch set comment = 'c'")
    base("drop stream s")
    base("drop stream if exists s")
    assert base.error("drop stream s")[:2] == (2003, "42S02")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create stream x on table base )", 1003),
        ("create stream x on nosuch", 1003),
        ("create stream x on table nosuch", 2003),
        ("create stream x on table base foo = 1", 1420),
        ("create stream x on table base append_only = maybe", 1003),
        ("create stream x on table base insert_only = true", 1003),
        ("create stream x on view base", 1203),
        ("create stream s on table base", 2002),
        ("create stream base on table base", 2002),
        ("create stream x", 1003),
        ("alter stream s rename to x", 1003),
        ("alter stream s set append_only = true", 2),
        ("alter stream s set foo = 1", 1420),
        ("drop table s", 1203),
        ("insert into s values (1)", 2104),
    ],
)
def test_refusals(base, text, code):
    assert base.error(text)[0] == code
    base("create stream if not exists s on table base")


def test_who_may_what(base, guest):
    """https://docs.snowflake.com/en/user-guide/streams-intro#access-control"""
    stranger, _ = guest()
    assert stranger.error("select * from s")[0] == 2003
    assert stranger("show streams") == []
    maker, role = guest()
    assert maker.error("create stream mine on table base")[0] == 2003
    base(f"grant select on table base to role {role}")
    assert maker.error("create stream mine on table base")[:2] == (3001, "42501"), "CREATE STREAM is missing"
    base(f"grant create stream on schema public to role {role}")
    maker("create stream mine on table base")
    base("create table untracked (a int)")
    base(f"grant select on table untracked to role {role}")
    assert maker.error("create stream other on table untracked")[:2] == (3001, "42501"), "change tracking is off"
    base("insert into base values (3, 30)")
    assert maker("select id from mine") == [(3,)]
    assert maker.error("select * from s")[0] == 2003
    reader, role = guest("SELECT ON STREAM s")
    assert reader.error("select * from s")[0] == 2003, "SELECT on the table is missing"
    base(f"grant select on table base to role {role}")
    assert reader("select id from s") == [(3,)]
    assert reader.error("alter stream s set comment = 'c'")[:2] == (3001, "42501")
    assert reader.error("drop stream s")[:2] == (3001, "42501")


def test_a_stream_survives_a_restart(tmp_path):
    """Its offset, and what has changed since, are in the account's file; what nothing leads to is swept away."""
    with sandbox.open_account(tmp_path) as account:
        client = Client(login(account))
        client("create database d")
        client("create table base (id int)")
        client("create table gone (id int) data_retention_time_in_days = 0")
        client("create stream s on table base")
        client("create stream lost on table gone")
        client("insert into base values (1), (2), (3)")
        client("create table copied as select id from s where id = 1")
        client("delete from base where id = 2")
        client("insert into base values (4)")
        client("drop table gone")
        client.close()
    with sandbox.open_account(tmp_path) as account:
        client = Client(login(account, database="D", schema="PUBLIC"))
        assert sorted(client("select id, metadata$action from s")) == [(2, "DELETE"), (4, "INSERT")]
        client("update base set id = 5 where id = 4")
        assert sorted(client("select id, metadata$action from s")) == [(2, "DELETE"), (5, "INSERT")]
        assert client.error("select * from lost")[0] == 91901
        client.close()
