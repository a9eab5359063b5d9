"""Materialized views: what is recorded of them, and that reading one runs its query."""

from __future__ import annotations

import pytest

from .conftest import Client
from .guests import guests

guest = pytest.fixture(guests)


def shown(client: Client, text: str) -> dict[str, object]:
    (row,) = client(text)
    return dict(zip(client.names(), row, strict=True))


@pytest.fixture
def base(client):
    client("create table base (id int, a int)")
    client("insert into base values (1, 10), (2, 20)")
    return client


def test_reading_runs_its_query(base):
    base("create materialized view mv (n, total comment 't') as select count(*), sum(a) from base")
    assert base("select n, total from mv") == [(2, 30)]
    base("insert into base values (3, 30)")
    assert base("select n, total from mv") == [(3, 60)]
    assert base.error("insert into mv values (1, 2)")[0] == 2104


def test_show_and_describe(base):
    base("create secure materialized view mv comment = 'c' cluster by (id) as select id from base")
    row = shown(base, "show materialized views")
    assert {key: row[key] for key in ("name", "source_table_name", "cluster_by", "comment", "invalid", "is_secure")} == {
        "name": "MV", "source_table_name": "BASE", "cluster_by": "LINEAR(id)", "comment": "c", "invalid": "false",
        "is_secure": "true",
    }  # fmt: skip
    assert [row[:2] for row in base("describe materialized view mv")] == [("ID", "NUMBER(38,0)")]
    assert shown(base, "show views like 'mv'")["is_materialized"] == "true"


def test_alter(base):
    base("create materialized view mv as select id from base")
    base("alter materialized view mv suspend")
    assert shown(base, "show materialized views")["invalid"] == "true"
    assert "is invalid" in base.error("select * from mv")[2]
    base("alter materialized view mv resume")
    assert len(base("select * from mv")) == 2
    for clause in ("cluster by (id)", "suspend recluster", "resume recluster", "drop clustering key", "set secure",
                   "unset secure", "set comment = 'c'", "unset comment", "rename to other"):  # fmt: skip
        base(f"alter materialized view mv {clause}")
    base("comment on materialized view other is 'c'")
    base("create or replace materialized view other copy grants as select a from base")
    base("create materialized view if not exists other as select id from base")
    ((text,),) = base("select get_ddl('materialized_view', 'other')")
    base(text)
    assert sorted(base("select a from other")) == [(10,), (20,)]
    base("drop materialized view other")
    assert base.error("drop materialized view other")[0] == 2003


@pytest.mark.parametrize(
    "query",
    ["select b.id from base b join base c on b.id = c.id", "select id from base order by id",
     "select id from base limit 1", "select a from base group by a having count(*) > 1", "select 1 as one",
     "select id, row_number() over (order by id) as n from base", "select id from v"],
)  # fmt: skip
def test_queries_that_it_cannot_have(base, query):
    """https://docs.snowflake.com/en/user-guide/views-materialized#limitations-on-creating-materialized-views"""
    base("create view v as select id from base")
    code, _, text = base.error(f"create materialized view mv as {query}")
    assert code == 1003
    assert "Invalid materialized view definition" in text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create materialized view mv as select id from base )", 1003),
        ("create materialized view mv as select nosuch from base", 904),
        ("create materialized view mv as select id from nosuch", 2003),
        ("create materialized view mv (a, b) as select id from base", 2026),
        ("create materialized view mv foo = 1 as select id from base", 1420),
        ("create materialized view base as select id from base", 2002),
        ("alter materialized view base suspend", 1203),
        ("alter materialized view nosuch suspend", 2003),
    ],
)
def test_refusals(base, text, code):
    assert base.error(text)[0] == code


def test_who_may_what(base, guest):
    maker, role = guest("SELECT ON TABLE base")
    assert maker.error("create materialized view mv as select id from base")[:2] == (3001, "42501")
    base(f"grant create materialized view on schema public to role {role}")
    maker("create materialized view mv as select id from base")
    reader, _ = guest("SELECT ON MATERIALIZED VIEW mv")
    assert len(reader("select * from mv")) == 2
    assert reader.error("select * from base")[0] == 2003
    assert reader.error("alter materialized view mv suspend")[:2] == (3001, "42501")
    stranger, _ = guest()
    assert stranger.error("select * from mv")[0] == 2003
