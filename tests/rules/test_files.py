"""Rules on files, directives, templates and environments; what is allowed; what is mended."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from snowmaker import loader
from snowmaker.errors import ConfigError, UsageError
from snowmaker.rules import rule
from tests.rules.conftest import SETTINGS, Lint, applied, linter, said, write

V, U = "migrations/V1__a.sql", "migrations/U1__a.sql"


# allowed


def test_a_script_allows_for_all_of_itself_and_not_for_its_rollback(lint: Lint) -> None:
    bad = "GRANT ALL ON DATABASE D TO ROLE R;\nGRANT ALL ON DATABASE E TO ROLE R;"
    assert len(said(lint({V: bad, U: bad}))) == 4
    found = lint({V: f"-- snowmaker: allow=grant_all\n{bad}", U: bad})
    assert [(one.file, one.line) for one in found] == [(U, 1), (U, 2)]
    assert said(lint({V: f"-- snowmaker: allow=grant_to_public\n{bad}", U: "SELECT 1"})) == [
        ("grant_all", 2),
        ("grant_all", 3),
    ]


def test_a_comment_above_a_statement_allows_for_that_one(lint: Lint) -> None:
    text = """SELECT 1;
-- snowmaker: allow=grant_all
GRANT ALL ON DATABASE D TO ROLE PUBLIC;
GRANT ALL ON DATABASE E TO ROLE R;
-- why it is meant
  // snowmaker: allow=grant_all, grant_to_public
-- and more
GRANT ALL
  ON DATABASE F TO ROLE PUBLIC;
"""
    with_blank = said(lint(text))
    assert ("unknown_directive", 6) in with_blank  # a blank behind the comma
    assert said(lint(text.replace(", ", ","))) == [("grant_to_public", 3), ("grant_all", 4)]


def test_allow_of_what_is_told_by_line(lint: Lint) -> None:
    text = "SELECT 1;\n-- snowmaker: allow=secret_in_clear,hardcoded_environment\nCREATE USER PROD_X\n  PASSWORD = 'x';\nCREATE USER Y PASSWORD = 'x';"
    assert said(lint(text)) == [("secret_in_clear", 5)]


def test_allow_of_a_missing_rollback_and_of_what_cannot_be_split(lint: Lint) -> None:
    assert said(lint({V: "-- snowmaker: allow=missing_rollback\nSELECT 1"})) == []
    assert said(lint({V: "-- snowmaker: allow=unparsable_statement,missing_rollback\nSELECT 'x"})) == []


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("-- snowmaker: allow=grant_al\nSELECT 1", 1, "did you mean grant_all?"),
        ("SELECT 1;\n-- snowmaker: allow=no_such_thing_at_all\nSELECT 1", 2, "there are: "),
        ("SELECT 1;\n-- snowmaker: allow=grant_all\n", 2, "above no statement"),
        ("SELECT 1; -- snowmaker: allow=grant_all\nSELECT 2", 1, "above no statement"),
        ("SELECT\n-- snowmaker: allow=grant_all\n1;\nSELECT 2;", 2, "above no statement"),
        ("-- snowmaker: allow=grant_all", 1, "above no statement"),
    ],
)
def test_unknown_rule(lint: Lint, text: str, line: int, says: str) -> None:
    (found,) = (one for one in lint(text) if one.rule == "unknown_rule")
    assert (found.level, found.line) == ("error", line)
    assert says in f"{found.message} {found.hint}"


def test_an_unknown_rule_stops_no_deploy(tmp_path: Path) -> None:
    write(tmp_path, {V: "-- snowmaker: allow=of_another_version\nSELECT 1"})
    from snowmaker import config

    (source,) = loader.load(tmp_path, config.load(tmp_path))
    assert source.directives.allow == ("of_another_version",)


# settings


def test_unknown_rules_and_levels_are_refused(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="unknown rule 'grant_al'") as caught:
        lint("SELECT 1", settings='[lint]\ngrant_al = "off"')
    assert (caught.value.line, caught.value.hint) == (2, "did you mean grant_all?")
    with pytest.raises(ConfigError, match=r"lint\.grant_all is 'of'; it may be error, warning, off") as caught:
        lint("SELECT 1", settings='[lint]\ngrant_all = "of"')
    assert (caught.value.line, caught.value.hint) == (2, "did you mean off?")
    with pytest.raises(ConfigError, match="has to be text"):
        lint("SELECT 1", settings="[lint]\ngrant_all = true")
    with pytest.raises(UsageError, match="no rule 'grant_al'"):
        rule("grant_al")
    monkeypatch.setenv("SNOWMAKER_LINT_GRANT_AL", "off")
    with pytest.raises(ConfigError, match="SNOWMAKER_LINT_GRANT_AL names no lint rule"):
        lint("SELECT 1")


def test_a_variable_wins_over_the_file(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWMAKER_LINT_GRANT_ALL", "error")
    monkeypatch.setenv("SNOWMAKER_LINT_GRANT_TO_PUBLIC", "off")
    found = lint("GRANT ALL ON DATABASE D TO ROLE PUBLIC", settings='[lint]\ngrant_all = "off"')
    assert [(one.rule, one.level) for one in found] == [("grant_all", "error")]
    monkeypatch.setenv("SNOWMAKER_LINT_GRANT_ALL", "loud")
    with pytest.raises(ConfigError, match="SNOWMAKER_LINT_GRANT_ALL is 'loud'"):
        lint("SELECT 1")


# files


def test_everything_is_told_at_once(lint: Lint) -> None:
    files = {
        "migrations/V1__a.sql": "SELECT {{ nope }}",
        "migrations/U1__a.sql": "SELECT 'x",
        "migrations/V2__b.sql": "-- snowmaker: rol=X\nSELECT 1",
        "migrations/V3_c.sql": "SELECT 1",
        "migrations/V4__d.sql": "SELECT \\xff",
        "migrations/V5__e.sql": "{% for %}",
        "migrations/V6__f.sql": "SELECT {{ secret('X') ~ 'a' }}",
        "components/a.yml": "warehouses:\n  W: {sise: small}",
        "components/b.yml": "warehouses: [",
        "components/c.yml": "roles:\n  R: {comment: '{{ nope }}'}",
    }
    found = [(one.rule, one.file.rpartition("/")[2], one.line) for one in lint(files) if one.rule != "missing_rollback"]
    assert found == [
        ("bad_component", "a.yml", 2),
        ("bad_component", "b.yml", found[1][2]),
        ("undefined_variable", "c.yml", 2),
        ("unparsable_statement", "U1__a.sql", 1),
        ("undefined_variable", "V1__a.sql", 1),
        ("unknown_directive", "V2__b.sql", 1),
        ("file_name", "V3_c.sql", 0),
        ("unreadable_file", "V4__d.sql", 1),
        ("bad_template", "V5__e.sql", 1),
        ("bad_template", "V6__f.sql", 1),
    ]


def test_components_that_are_wrong_together(lint: Lint) -> None:
    found = lint(
        {"components/a.yml": "warehouses:\n  W: {size: small}", "components/b.yml": "warehouses:\n  W: {size: small}"}
    )
    assert [(one.rule, one.level) for one in found] == [("bad_component", "error")]


@pytest.mark.parametrize(
    ("files", "policy", "found"),
    [
        ({V: "SELECT 1"}, "required", [("error", V)]),
        ({V: "SELECT 1"}, "optional", [("warning", V)]),
        ({V: "-- snowmaker: irreversible\nSELECT 1"}, "required", []),
        ({"migrations/R__a.sql": "SELECT 1"}, "required", [("warning", "migrations/R__a.sql")]),
        ({"migrations/R__a.sql": "SELECT 1"}, "optional", []),
        ({"migrations/A__a.sql": "SELECT 1"}, "required", []),
        ({V: "-- snowmaker: rol=X\nSELECT 1", U: "SELECT 1"}, "required", []),
    ],
)
def test_missing_rollback(lint: Lint, files: dict[str, str], policy: str, found: list[tuple[str, str]]) -> None:
    told = lint(files, settings=f'[policy]\nrollback = "{policy}"')
    assert [(one.level, one.file) for one in told if one.rule == "missing_rollback"] == found


def test_edited_script(tmp_path: Path) -> None:
    ledger = applied({V: "SELECT 1", "migrations/V2__b.sql": "SELECT 2\n"}, tmp_path)
    now = {V: "SELECT 1 ", "migrations/V2__b.sql": "SELECT 2\r\n", "migrations/V3__c.sql": "SELECT 3"}
    write(tmp_path, now)
    assert said(linter(tmp_path).check(ledger), "edited_script") == [("edited_script", 1)]
    assert said(linter(tmp_path).check(), "edited_script") == []
    write(tmp_path, now, '[policy]\nchanged = "warn"')
    (found,) = (one for one in linter(tmp_path).check(ledger) if one.rule == "edited_script")
    assert (found.level, found.file) == ("warning", V)
    write(tmp_path, {V: "SELECT {{ nope }}", "migrations/V2__b.sql": "SELECT 2"})
    assert ("edited_script", 1) in said(linter(tmp_path).check(ledger))


def test_dependencies(lint: Lint) -> None:
    view = "CREATE OR REPLACE VIEW D.S.{} COPY GRANTS AS SELECT A FROM D.S.{}"
    circle = {"migrations/R__a.sql": view.format("A", "B"), "migrations/R__b.sql": view.format("B", "A")}
    (found,) = (one for one in lint(circle) if one.rule == "unknown_dependency")
    assert found.level == "error"
    assert "circle" in found.message
    allowed = {name: f"-- snowmaker: allow=unknown_dependency\n{text}" for name, text in circle.items()}
    assert said(lint(allowed), "unknown_dependency") == []
    assert said(lint({V: "-- snowmaker: depends=R__nope\nSELECT 1"}), "unknown_dependency") == [
        ("unknown_dependency", 1)
    ]


# templates


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("SELECT '{{ env_var('HOME') }}'", [1]),
        ("SELECT 1;\nSELECT {{ [1, 2] | random }};\n{% if env_var('A', '') %}{% endif %}", [2, 3]),
        ("SELECT '{{ lipsum(1) }}'", [1]),
        ("SELECT {{ 'env_var(1)' | length }}, 'env_var(1) | random', CURRENT_DATE(), RANDOM()", []),
        ("{% for x in [1, 2, 3] %}SELECT {{ x }};{% endfor %}", []),
        ("{# env_var('A') #}SELECT 1", []),
        ("SELECT {{ range(10 ** 5) | random }}", [1]),
    ],
)
def test_nondeterministic_template(lint: Lint, text: str, lines: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "x")
    assert [line for _, line in said(lint(text), "nondeterministic_template")] == lines


def test_two_renderings_that_differ(tmp_path: Path) -> None:
    (tmp_path / "templates" / "macros").mkdir(parents=True)
    (tmp_path / "templates" / "macros" / "dice.sql").write_text(
        "{% macro dice() %}{{ range(10 ** 5) | random }}{% endmacro %}"
    )
    write(tmp_path, {V: "{% from 'dice.sql' import dice %}SELECT {{ dice() }}", U: "SELECT 1"})
    assert said(linter(tmp_path).check()) == [("nondeterministic_template", 1)]


# environments


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("CREATE TABLE PROD_SHOP.S.T (A INT)", [1]),
        ("CREATE TABLE D.S.T (A INT);\nGRANT SELECT ON TABLE D.S.T TO ROLE dev_reader", [2]),
        ("USE WAREHOUSE LOAD_PROD", [1]),
        ("CREATE DATABASE IF NOT EXISTS PROD", [1]),
        ('SELECT 1 FROM "PROD_SHOP".S.T', [1]),
        ("SELECT 1 FROM IDENTIFIER('PROD_SHOP.S.T')", [1]),
        ("SELECT 1 FROM @PROD_SHOP.S.STG/x", [1]),
        ("COPY INTO D.S.T FROM @D.S.X FILE_FORMAT = (FORMAT_NAME = 'PROD_SHOP.S.F')", [1]),
        ("{% if x is defined %}{% endif %}\nCREATE TABLE PROD_{{ prefix }}SHOP.S.T (A INT)", [2]),
        ("CREATE TABLE {{ prefix }}SHOP.S.T (A INT)", []),
        ("CREATE TABLE {% if prefix %}{{ prefix }}{% endif %}SHOP.S.T (PROD_ID INT)", []),
        ("SELECT PROD_ID, DEV FROM D.S.PRODUCT -- PROD_SHOP.S.T", []),
        ("SELECT 'prod', 'dev_x'", []),
        ("CREATE TABLE PRODUCTS.DEVELOPERS.T (A INT)", []),
        ("CREATE DATABASE SANDBOX", []),
        ("-- snowmaker: only=prod\nCREATE TABLE PROD_SHOP.S.T (A INT)", []),
        ("-- snowmaker: only=prod\nCREATE TABLE DEV_SHOP.S.T (A INT)", [2]),
        ("-- snowmaker: only=prod,dev\nCREATE TABLE PROD_SHOP.S.T (A INT)", [2]),
    ],
)
def test_hardcoded_environment(lint: Lint, text: str, lines: list[int]) -> None:
    assert [line for _, line in said(lint(text), "hardcoded_environment")] == lines


def test_without_other_environments_no_name_is_one_s(lint: Lint) -> None:
    settings = '[vars]\ndb = "SHOP"\nmode = "ON"\n'
    assert said(lint("CREATE TABLE SHOP.S.T (A INT)", settings=settings)) == []


def test_a_script_for_other_environments_is_judged_as_one_of_theirs(lint: Lint) -> None:
    settings = SETTINGS + '\n[environments.test]\nconnection = "t"\nvars = { extra = "x" }\n'
    text = "-- snowmaker: only=prod,test\nSELECT {{ retention_days }}, '{{ environment }}'; GRANT ALL ON DATABASE {{ prefix }}D TO ROLE R"
    assert said(lint(text, settings=settings, environment="dev")) == [("grant_all", 2)]
    assert said(lint("-- snowmaker: only=test\nSELECT '{{ extra }}'", settings=settings)) == []
    assert said(lint("SELECT '{{ extra }}'", settings=settings)) == [("undefined_variable", 1)]
    assert said(lint("-- snowmaker: only=tset\nSELECT 1", settings=settings)) == [("unknown_environment", 1)]


# mending


def test_fix(tmp_path: Path) -> None:
    raw = (
        b"\xef\xbb\xbf-- down\r\nDROP VIEW {{ prefix }}D.S.V;\r\n"
        b"-- snowmaker: allow=missing_if_exists\r\nDROP TABLE {{ prefix }}D.S.KEPT;\r\n"
        b"  drop /* x */ table -- 'y'\r\n {{ prefix }}D.S.T ;\r\nTRUNCATE TABLE {{ prefix }}D.S.U;\r\nDROP ROLE IF EXISTS R"
    )
    write(tmp_path, {V: "DROP VIEW D.S.OLD", U: ""})
    path = tmp_path / U
    path.write_bytes(raw)
    path.chmod(0o640)
    assert [one.line for one in linter(tmp_path).fix()] == [2, 5, 7]
    assert path.read_bytes() == (
        raw.replace(b"DROP VIEW ", b"DROP VIEW IF EXISTS ")
        .replace(b" {{ prefix }}D.S.T ", b" IF EXISTS {{ prefix }}D.S.T ")
        .replace(b"TRUNCATE TABLE ", b"TRUNCATE TABLE IF EXISTS ")
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (tmp_path / V).read_text() == "DROP VIEW D.S.OLD"  # a script stays what it was
    assert sorted(os.listdir(path.parent)) == ["U1__a.sql", "V1__a.sql"]
    assert linter(tmp_path).fix() == ()
    assert said(linter(tmp_path).check(), "missing_if_exists") == []


@pytest.mark.parametrize(
    "text",
    [
        "{% for t in ['A', 'B'] %}DROP TABLE D.S.{{ t }};{% endfor %}",
        "{% macro drop(x) %}DROP TABLE D.S.{{ x }}{% endmacro %}{{ drop('A') }}",
        "{% set drop = 'DROP TABLE' %}{{ drop }} D.S.T",
        "{{ 'DROP TABLE D.S.T; DROP TABLE D.S.U' }}",
        "-- snowmaker: allow=missing_if_exists\nDROP TABLE D.S.T",
        "DROP TABLE {{ 'D.S.T' }} {{ '(' }}",
    ],
)
def test_what_cannot_be_mended_surely_stays(tmp_path: Path, text: str) -> None:
    write(tmp_path, {V: "SELECT 1", U: text})
    mended = linter(tmp_path).fix()
    assert (tmp_path / U).read_text() == text
    assert mended == ()


def test_a_rule_that_is_off_mends_nothing(tmp_path: Path) -> None:
    write(tmp_path, {V: "SELECT 1", U: "DROP TABLE D.S.T"}, '[lint]\nmissing_if_exists = "off"')
    assert linter(tmp_path).fix() == ()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    write(tmp_path, {V: "SELECT 1"})
    (tmp_path / "shared.sql").write_text("DROP TABLE D.S.T")
    (tmp_path / U).symlink_to(tmp_path / "shared.sql")
    assert len(linter(tmp_path).fix()) == 1
    assert (tmp_path / U).is_symlink()
    assert (tmp_path / "shared.sql").read_text() == "DROP TABLE IF EXISTS D.S.T"


# speed


def big(count: int) -> dict[str, str]:
    up = """-- Script {0}
CREATE TABLE {{{{ prefix }}}}SHOP.SALES.ORDERS_{0} (
  ID NUMBER(38, 0) NOT NULL COMMENT 'It''s the key',
  CUSTOMER VARCHAR NOT NULL,
  CREATED_AT TIMESTAMP_LTZ NOT NULL DEFAULT CURRENT_TIMESTAMP()
);
CREATE OR REPLACE VIEW {{{{ prefix }}}}SHOP.MARTS.ORDERS_{0} COPY GRANTS AS
WITH A AS (SELECT ID, CUSTOMER FROM {{{{ prefix }}}}SHOP.SALES.ORDERS_{0})
SELECT A.ID, A.CUSTOMER, COUNT(*) AS N FROM A GROUP BY 1, 2;
GRANT SELECT ON TABLE {{{{ prefix }}}}SHOP.SALES.ORDERS_{0} TO ROLE {{{{ prefix }}}}READER;
INSERT INTO {{{{ prefix }}}}SHOP.SALES.ORDERS_{0} (ID, CUSTOMER) VALUES (1, 'a'), (2, 'b');
"""
    down = "DROP TABLE IF EXISTS {{{{ prefix }}}}SHOP.SALES.ORDERS_{0};\n"
    files = {}
    for number in range(count):
        files[f"migrations/V{number}__s.sql"] = up.format(number)
        files[f"migrations/U{number}__s.sql"] = down.format(number)
    return files


def cpu(folder: Path, count: int) -> float:
    write(folder, big(count))
    before = time.process_time()
    assert linter(folder).check() == ()
    return time.process_time() - before


@pytest.mark.slow
def test_a_thousand_scripts_in_a_few_seconds_and_linear(tmp_path: Path) -> None:
    """2,000 files, 5,000 statements; about 2.5 s of processor time."""
    cpu(tmp_path, 10)
    quarter, whole = cpu(tmp_path, 250), cpu(tmp_path, 1000)
    print(f"250 scripts: {quarter:.2f} s, 1,000 scripts: {whole:.2f} s")
    assert whole < 8
    assert whole < 4 * quarter * 1.6


def test_a_huge_statement_takes_no_time(lint: Lint) -> None:
    started = time.process_time()
    many = "SELECT 1;\nDROP TABLE D.S.T;\nCREATE USER PROD_X PASSWORD = 'x';\n" * 1_000
    assert len(lint(many)) == 3_000
    rows = ",\n".join(f"({number}, 'it''s', (1), f({number}))" for number in range(10_000))
    text = f"INSERT INTO D.S.T VALUES {rows};\nCREATE VIEW D.S.V AS SELECT A FROM {'(' * 200}SELECT 1 AS A{')' * 200}"
    assert said(lint(text)) == []
    assert said(lint("/* " + "/* " * 50_000 + "*/ SELECT 1"), "nested_comment") == [("nested_comment", 1)]
    assert time.process_time() - started < 8
