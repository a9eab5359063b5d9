"""What an account is, as one value: the same after a way there and back, another after anything that is left behind."""

from __future__ import annotations

import pytest

from .conftest import own_database


@pytest.fixture
def setting(client, account):
    """A table with rows and what hangs on it."""
    for text in (
        "create table t (id int autoincrement, a varchar(10) default 'x', primary key (id))",
        "insert into t (a) values ('q'), ('r')",
        "create view v as select * from t",
        "create stage st",
        "create role if not exists snap_reader",
        "grant select on table t to role snap_reader",
        "grant select on future tables in schema public to role snap_reader",
        "create task tk schedule = '5 minute' as select 1",
        "create task tk2 after tk as select 1",
        "alter warehouse compute_wh set comment = 'w'",
    ):
        client(text)
    yield client
    client("drop role snap_reader")
    client("alter warehouse compute_wh unset comment")


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ("alter table t add column b int", "alter table t drop column b"),
        ("alter table t alter column a set data type varchar(20)", None),
        ("alter table t rename to t2", "alter table t2 rename to t"),
        ("drop table t", "undrop table t"),
        ("drop view v", "create or replace view v as select * from t"),
        ("comment on table t is 'c'", "comment on table t is ''"),
        ("revoke select on table t from role snap_reader", "grant select on table t to role snap_reader"),
        ("grant insert on table t to role snap_reader", "revoke insert on table t from role snap_reader"),
        ("grant ownership on table t to role snap_reader copy current grants", "grant ownership on table t to role accountadmin copy current grants"),
        ("alter warehouse compute_wh set comment = 'x'", "alter warehouse compute_wh set comment = 'w'"),
        ("alter schema public set log_level = info", "alter schema public unset log_level"),
        ("insert into t (a) values ('s')", "delete from t where a = 's'"),
        ("update t set a = 'z' where a = 'q'", "update t set a = 'q' where a = 'z'"),
        ("create table n (x int) as select 1", "drop table n"),
        ("alter task tk set comment = 'c'", "alter task tk unset comment"),
        ("create user snap_user comment = 'u'", "drop user snap_user"),
        ("alter account set statement_timeout_in_seconds = 1000", "alter account unset statement_timeout_in_seconds"),
    ],
)  # fmt: skip
def test_there_and_back(setting, account, there, back):
    before = account.snapshot()
    setting(there)
    assert account.snapshot() != before
    if back is not None:
        setting(back)
        assert account.snapshot() == before


@pytest.mark.parametrize(
    ("text", "undone"),
    [
        ("create or replace table t (id int autoincrement, a varchar(10) default 'x', primary key (id))", "rows"),
        ("delete from t", "rows"),
        ("update t set a = 'other'", "content"),
        ("drop role snap_reader", "grants"),
    ],
)
def test_what_is_lost_shows(setting, account, text, undone, request):
    before = account.snapshot()
    setting(text)
    setting("create role if not exists snap_reader")
    name = f"TABLE {own_database(request)}.PUBLIC.T"
    assert account.snapshot()[name][undone] != before[name][undone]


def test_references_are_names(setting, account, request):
    found = account.snapshot()
    place = f"TASK {own_database(request)}.PUBLIC"
    assert found[f"{place}.TK2"]["predecessors"] == [f"{place}.TK"]
    assert not any(name.startswith("DATABASE SNOWFLAKE") for name in found)
    assert "MANAGE GRANTS to ROLE SECURITYADMIN with grant option" in found["ACCOUNT"]["grants"]


def test_files_of_a_stage(setting, account, tmp_path, request):
    before = account.snapshot()
    (tmp_path / "a.txt").write_text("x")
    setting(f"put file://{tmp_path}/a.txt @st auto_compress = false")
    assert len(account.snapshot()[f"STAGE {own_database(request)}.PUBLIC.ST"]["files"]) == 1
    setting("remove @st")
    assert account.snapshot() == before
