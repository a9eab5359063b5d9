"""Stages and COPY INTO."""

from __future__ import annotations


def test_a_file_is_loaded_once(session, tmp_path):
    """https://docs.snowflake.com/en/sql-reference/sql/copy-into-table: load metadata, FORCE"""
    (tmp_path / "a.csv").write_text("1\nNA\n")
    session("create file format f type = csv null_if = ('NA')")
    session("create stage s file_format = (format_name = 'f')")
    session("create table t (a int)")
    session(f"put 'file://{tmp_path / 'a.csv'}' @s")
    assert session.column("list @s", "name") == ["s/a.csv.gz"]
    assert session.column("copy into t from @s", "rows_loaded") == [2]
    session("copy into t from @s")
    assert session("select a from t order by a") == [(1,), (None,)]
    session("copy into t from @s force = true")
    assert session("select count(*) from t") == [(4,)]
    session("truncate table t")
    session("copy into t from @s")
    assert session("select count(*) from t") == [(2,)]


def test_a_bad_value_stops_the_copy(session, tmp_path):
    """https://docs.snowflake.com/en/sql-reference/sql/copy-into-table: ON_ERROR = ABORT_STATEMENT"""
    (tmp_path / "a.csv").write_text("1\nx\n")
    session("create stage s")
    session("create table t (a int)")
    session(f"put 'file://{tmp_path / 'a.csv'}' @s")
    assert session.refused("copy into t from @s")[0] == 100038
    assert session("select * from t") == []
    session("copy into t from @s on_error = continue")
    assert session("select * from t") == [(1,)]
