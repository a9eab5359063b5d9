"""The flow operator: https://docs.snowflake.com/en/sql-reference/operators-flow"""

from __future__ import annotations

import pytest


def test_each_reads_what_came_before(client):
    client("create table t (a number) comment = 'x ->> y'")
    client("insert into t values (1), (2)")
    rows = client("""show tables like 'T' ->> select "name", "comment" from $1 where "rows" = 2""")
    assert rows == [("T", "x ->> y")]
    assert client(
        "select a from t ->> select a + 1 as b from $1 ->> select b, (select count(*) from $2) from $1 order by 1"
    ) == [
        (2, 2),
        (3, 2),
    ]
    assert client("insert into t values (3) ->> select count(*) from t") == [(3,)]


@pytest.mark.parametrize(("text", "code"), [
    ("select 1 ->> select * from $2", 1003),
    ("select 1 ->> ", 900),
    ("select nonsense ->> select 1", 904),
])  # fmt: skip
def test_refused(client, text, code):
    assert client.error(text)[0] == code
