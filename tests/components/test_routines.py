"""Functions and procedures: of several of one name, in other languages, and what comes before what."""

from __future__ import annotations

import pytest

from snowmaker.errors import SourceError

from .conftest import Declaring

FUNCTION = "functions:\n  '{db}.S.F': "
PROCEDURE = "procedures:\n  '{db}.S.P': "


def test_several_of_one_name(declaring: Declaring) -> None:
    text = """
    functions:
      '{db}.S.F': {returns: number, body: '1'}
      '{db}.S.F(number)': {arguments: {A: int}, returns: number, body: A + 1}
      '{db}.S.F(varchar, float)': {arguments: {A: string, B: double}, returns: varchar, body: A || B}
    """
    declaring.apply(text)
    statements = declaring.there_and_back(text.replace("A + 1", "A + 2"))
    assert statements == [
        declaring.fill(
            "CREATE OR REPLACE FUNCTION {db}.S.F (A NUMBER(38,0)) COPY GRANTS RETURNS NUMBER(38,0) AS $$A + 2$$"
        )
    ]
    declaring.apply(text.replace("'1'", "'3'"))
    assert declaring.run("SELECT {db}.S.F() AS A, {db}.S.F(1) AS B") == [{"a": 3, "b": 2}]


def test_what_alter_can_change_is_altered(declaring: Declaring) -> None:
    declaring.apply(PROCEDURE + "{returns: varchar, body: begin return 'x'; end}")
    assert declaring.there_and_back(
        PROCEDURE + "{returns: varchar, body: begin return 'x'; end, comment: now, execute_as: caller, log_level: info}"
    ) == [
        declaring.fill(text)
        for text in (
            "ALTER PROCEDURE {db}.S.P() SET COMMENT = 'now' LOG_LEVEL = INFO",
            "ALTER PROCEDURE {db}.S.P() EXECUTE AS CALLER",
        )
    ]


def test_made_again_it_keeps_privileges_tags_and_levels(declaring: Declaring) -> None:
    declaring.apply(FUNCTION + "{arguments: {A: number}, returns: number, body: A}")
    declaring.run(
        "CREATE TAG {db}.S.COST",
        "CREATE ROLE {db}_R",
        "GRANT USAGE ON FUNCTION {db}.S.F(NUMBER) TO ROLE {db}_R",
        "ALTER FUNCTION {db}.S.F(NUMBER) SET TAG {db}.S.COST = 'a'",
        "ALTER FUNCTION {db}.S.F(NUMBER) SET LOG_LEVEL = INFO",
    )
    declaring.declare(FUNCTION + "{arguments: {B: number}, returns: number, body: B * 2}")
    (change,) = declaring.diff().changes
    assert (change.action, change.effect) == ("replace", "replace")
    declaring.apply()
    grants = declaring.run("SHOW GRANTS ON FUNCTION {db}.S.F(NUMBER)")
    assert declaring.fill("{db}_R") in [row["grantee_name"] for row in grants]
    assert declaring.run("SELECT SYSTEM$GET_TAG('{db}.S.COST', '{db}.S.F(NUMBER)', 'FUNCTION') AS V") == [{"v": "a"}]
    (level,) = declaring.run("SHOW PARAMETERS LIKE 'LOG_LEVEL' IN FUNCTION {db}.S.F(NUMBER)")
    assert level["value"] == "INFO"
    declaring.run("DROP ROLE {db}_R")


@pytest.mark.parametrize(
    "text",
    [
        FUNCTION + "{returns: float, language: javascript, body: 'return 1.5;', volatility: immutable}",
        FUNCTION
        + "{arguments: {A: number}, returns: number, language: java, handler: X.f, target_path: '@STG/x.jar', "
        + "body: 'class X { static int f(int a) { return a; } }', packages: ['com.snowflake:snowpark:latest']}",
        FUNCTION
        + "{returns: varchar, language: scala, handler: X.f, runtime_version: '2.12', imports: ['@STG/x.jar']}",
        FUNCTION
        + "{arguments: {A: number}, returns: number, language: python, handler: X, runtime_version: '3.11', "
        + "aggregate: true, secure: true, body: 'class X: pass'}",
        PROCEDURE + "{arguments: {A: number, B: out varchar}, returns: varchar, body: begin B := 'x'; return 'y'; end}",
    ],
)
def test_languages_and_directions(declaring: Declaring, text: str) -> None:
    declaring.run("CREATE STAGE {db}.S.STG")
    declaring.apply(text)
    declaring.there_and_back(text.replace("returns:", "comment: other, returns:"))


def test_each_is_made_before_what_calls_it(declaring: Declaring) -> None:
    declaring.declare("""
    schemas:
      '{db}.S':
        views: {A_VIEW: select G(ID) as X from T}
        tables: {T: {columns: {ID: number}}}
        functions:
          F: {returns: number, body: select max(ID) from T}
          G: {arguments: {A: number}, returns: number, body: A + F()}
        masking_policies:
          A_POLICY: {signature: {V: number}, body: G(V)}
    """)
    names = [change.target.rpartition(".")[2].partition("(")[0] for change in declaring.diff().changes]
    assert [name for name in names if name in "TFG"] == ["T", "F", "G"]
    assert names.index("G") < min(names.index("A_VIEW"), names.index("A_POLICY"))
    declaring.apply()
    declaring.rollback()


def test_renamed(declaring: Declaring) -> None:
    body = "{arguments: {A: number}, returns: number, body: A}"
    declaring.apply(FUNCTION + body)
    text = FUNCTION.replace(".F", ".G") + body.replace("{arguments", "{renamed_from: F, arguments")
    assert declaring.there_and_back(text) == [
        declaring.fill("ALTER FUNCTION {db}.S.F(NUMBER) RENAME TO {db}.S.G"),
    ]


@pytest.mark.slow
def test_imported(declaring: Declaring) -> None:
    declaring.apply(
        "functions:\n  '{db}.S.{db}_F': {arguments: {A: number, B: \"varchar default 'a, b'\"}, returns: varchar, body: B}"
    )
    text = declaring.imported("functions")
    assert declaring.fill("{db}_F(NUMBER, VARCHAR)") in text
    assert "VARCHAR DEFAULT 'a, b'" in text


def test_others_are_pruned(declaring: Declaring) -> None:
    declaring.run("CREATE FUNCTION {db}.S.G(A NUMBER) RETURNS NUMBER AS 'A'")
    declaring.apply("schemas: {'{db}.S': {functions: {F: {returns: number, body: '1'}}}}")
    assert declaring.there_and_back(
        "schemas: {'{db}.S': {functions: {prune: true, F: {returns: number, body: '1'}}}}"
    ) == [declaring.fill("DROP FUNCTION {db}.S.G(NUMBER)")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FUNCTION.replace("F'", "F(number)'") + "{returns: number, body: '1'}", r"has arguments of the types \(\)"),
        (FUNCTION + "{body: '1'}", "needs returns"),
        (FUNCTION + "{returns: number}", "needs body"),
        (FUNCTION + "{returns: number, language: python, body: x}", "in python needs handler"),
        (FUNCTION + "{returns: number, language: python, handler: x}", "needs body, or imports"),
        (FUNCTION + "{returns: number, handler: x, body: '1'}", "in sql has no handler"),
        (FUNCTION + "{returns: number, runtime_version: 3.10, body: '1'}", "'3.10' with its quotes"),
        (FUNCTION + "{returns: nmber, body: '1'}", "did you mean"),
        (FUNCTION + "{returns: table number, body: '1'}", "table"),
        (FUNCTION + "{returns: number, body: '1', arguments: {A: out number}}", "hands nothing back"),
        (FUNCTION + "{returns: number, body: '1', aggregate: true}", "is in python"),
        (FUNCTION + "{returns: number, body: '1', arguments: {A: number of}}", "is not a data type"),
        (FUNCTION + "{returns: number, language: java, handler: x, imports: [x.jar]}", "@STAGE/path"),
    ],
)
def test_refused(declaring: Declaring, text: str, message: str) -> None:
    declaring.declare(text)
    with pytest.raises(SourceError, match=message):
        declaring.diff()


def test_ownership_as_a_grant(declaring: Declaring) -> None:
    """Of several of one name, of the one that is meant."""
    declaring.run("CREATE ROLE {db}_R", "GRANT ROLE {db}_R TO ROLE ACCOUNTADMIN")
    declaring.apply("""
    functions:
      '{db}.S.F(float)': {arguments: {A: float}, returns: float, body: A}
      '{db}.S.F': {arguments: {A: number}, returns: number, body: A}
    grants: {'{db}_R': ['ownership on function {db}.S.F(number)']}
    """)
    owners = declaring.run(
        "SELECT ARGUMENT_SIGNATURE AS S, FUNCTION_OWNER AS O FROM {db}.INFORMATION_SCHEMA.FUNCTIONS ORDER BY 1"
    )
    assert [row["o"] for row in owners] == ["ACCOUNTADMIN", declaring.fill("{db}_R")]
    declaring.declare("")
    declaring.run("DROP ROLE {db}_R")
