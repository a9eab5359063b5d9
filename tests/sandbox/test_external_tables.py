"""External tables and event tables: recorded, and not read."""

from __future__ import annotations

import pytest

from .conftest import Client
from .guests import guests

guest = pytest.fixture(guests)


def shown(client: Client, text: str) -> dict[str, object]:
    (row,) = client(text)
    return dict(zip(client.names(), row, strict=True))


@pytest.fixture
def staged(client):
    client("create stage ext url = 's3://bucket/path/'")
    return client


def test_show_and_describe(staged):
    staged(
        "create external table et (c varchar as (value:c1::varchar), d date as to_date(split_part(metadata$filename, "
        "'/', 1))) partition by (d) with location = @ext/sub/ auto_refresh = false "
        "file_format = (type = parquet) pattern = '.*[.]parquet' comment = 'e'"
    )
    row = shown(staged, "show external tables like 'et'")
    assert {key: row[key] for key in ("name", "location", "file_format_type", "comment", "invalid", "owner")} == {
        "name": "ET", "location": "s3://bucket/path/sub/", "file_format_type": "PARQUET", "comment": "e",
        "invalid": "false", "owner": "ACCOUNTADMIN",
    }  # fmt: skip
    assert row["stage"].endswith(".PUBLIC.EXT")
    described = staged("describe external table et")
    assert [(each[0], each[1], each[2]) for each in described] == [
        ("VALUE", "VARIANT", "COLUMN"), ("C", "VARCHAR(16777216)", "VIRTUAL_COLUMN"), ("D", "DATE", "VIRTUAL_COLUMN"),
    ]  # fmt: skip
    assert described[1][8] == "value:c1::varchar"


def test_it_is_not_read(staged):
    staged("create external table et location = @ext file_format = (type = csv)")
    for text in ("select * from et", "alter external table et refresh", "alter external table et add files ('a')"):
        code, sqlstate, message = staged.error(text)
        assert (code, sqlstate) == (2, "0A000")
        assert message.startswith("sandbox does not support ")
    staged("create stream s on external table et insert_only = true")
    assert staged.error("select * from s")[0] == 2
    assert shown(staged, "show streams")["mode"] == "INSERT_ONLY"


def test_alter_and_drop(staged):
    staged("create or replace external table et location = @ext file_format = (type = csv)")
    staged("create external table if not exists et location = @ext file_format = (type = csv)")
    staged("alter external table et set auto_refresh = true")
    staged("create tag t")
    staged("alter external table et set tag t = 'v'")
    staged("alter external table et unset tag t")
    staged("comment on external table et is 'said'")
    assert shown(staged, "show external tables")["comment"] == "said"
    staged("drop external table et")
    assert staged.error("drop external table et")[0] == 2003


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create external table et location = @nosuch file_format = (type = csv)", 2003),
        ("create external table et location = @ext", 2029),
        ("create external table et file_format = (type = csv)", 2029),
        ("create external table et location = @ext file_format = (type = csv) foo = 1", 1420),
        ("create external table et location = @ext file_format = (type = csv) )", 1003),
        ("create external table et (c varchar) location = @ext file_format = (type = csv)", 1003),
        ("create external table et (c int as (1), c int as (2)) location = @ext file_format = (type = csv)", 2025),
        ("create external table et partition by (nosuch) location = @ext file_format = (type = csv)", 904),
        ("create external table et using template (select 1) location = @ext", 2),
        ("alter external table nosuch set auto_refresh = true", 2003),
    ],
)
def test_refusals(staged, text, code):
    assert staged.error(text)[0] == code


def test_who_may_what(staged, guest):
    maker, role = guest("CREATE EXTERNAL TABLE ON SCHEMA public")
    make = "create external table et location = @ext file_format = (type = csv)"
    assert maker.error(make)[0] == 2003, "USAGE on the stage"
    staged(f"grant usage on stage ext to role {role}")
    maker(make)
    reader, _ = guest("SELECT ON EXTERNAL TABLE et")
    assert len(reader("show external tables")) == 1
    assert reader.error("drop external table et")[:2] == (3001, "42501")
    stranger, _ = guest()
    assert stranger("show external tables") == []
    assert stranger.error("select * from et")[0] == 2003


def test_event_tables(client, guest):
    """https://docs.snowflake.com/en/sql-reference/sql/create-event-table"""
    maker, role = guest()
    assert maker.error("create event table ev")[:2] == (3001, "42501")
    client(f"grant create event table on schema public to role {role}")
    maker("create event table ev comment = 'x' change_tracking = true")
    row = shown(maker, "show event tables")
    assert (row["name"], row["comment"], row["change_tracking"], row["owner"]) == ("EV", "x", "ON", role)
    assert [each[0] for each in maker("describe event table ev")][:3] == [
        "TIMESTAMP", "START_TIMESTAMP", "OBSERVED_TIMESTAMP",
    ]  # fmt: skip
    assert maker.error("select * from ev")[0] == 2
    maker("alter event table ev set comment = 'y'")
    maker("alter event table ev unset comment")
    maker("alter event table ev rename to other")
    maker("alter table other set change_tracking = true comment = 'z'")
    maker("comment on table other is 'said'")
    row = shown(maker, "show event tables")
    assert (row["comment"], row["change_tracking"]) == ("said", "ON")
    client("create stream events on event table other append_only = true")
    assert shown(client, "show streams")["source_type"] == "Table"
    client("drop stream events")
    maker("drop table other")
    assert maker.error("drop table other")[:2] == (2003, "42S02")
    assert client.error("create event table ev )")[0] == 1003
    assert client.error("create event table ev foo = 1")[0] == 1420
