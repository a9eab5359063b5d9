"""Tables: how they are declared, rows and privileges through every change, and what is told of it."""

from __future__ import annotations

import pytest

from snowmaker import manifest
from snowmaker.errors import SourceError

from .conftest import Declaring


def table(text: str):
    return manifest.parse(f"tables:\n  D.S.T:\n    {text}\n").components[0]


def columns(text: str) -> list[str]:
    return [column.definition for column in table(f"columns: {text}").values["columns"]]


@pytest.mark.parametrize(
    ("said", "sql"),
    [
        ("int", "NUMBER(38,0)"),
        ("number( 12 , 2 ) not null default 0", "NUMBER(12,2) DEFAULT 0 NOT NULL"),
        ("string", "VARCHAR"),
        ("character varying(3)", None),
        ("timestamp with time zone default current_timestamp", "TIMESTAMP_TZ(9) DEFAULT current_timestamp"),
        ("varchar(10) collate 'en-ci' comment 'it''s'", "VARCHAR(10) COLLATE 'en-ci' COMMENT 'it''s'"),
        ("number default seq.nextval", "NUMBER(38,0) DEFAULT D.S.SEQ.NEXTVAL"),
        ("number autoincrement (5, -2) order", "NUMBER(38,0) AUTOINCREMENT START 5 INCREMENT -2 ORDER NOT NULL"),
        ("number identity start with 3 increment by 4", "NUMBER(38,0) AUTOINCREMENT START 3 INCREMENT 4 NOT NULL"),
        ("number as (A * (2 + 1)) comment 'x'", "NUMBER(38,0) AS (A * (2 + 1)) COMMENT 'x'"),
        ("date default to_date('2020-01-01', 'yyyy') not null", "DATE DEFAULT to_date('2020-01-01', 'yyyy') NOT NULL"),
        ("varchar with masking policy p using (c, other)", "VARCHAR WITH MASKING POLICY D.S.P USING (C, OTHER)"),
        ("varchar projection policy x.y.p", "VARCHAR WITH PROJECTION POLICY X.Y.P"),
        ("varchar tag (cost = 'a')", "VARCHAR WITH TAG (D.S.COST = 'a')"),
        ("array(int not null)", "ARRAY(NUMBER(38,0) NOT NULL)"),
        ("object(city varchar(3), n int)", "OBJECT(city VARCHAR(3),n NUMBER(38,0))"),
        ("map(varchar, int)", "MAP(VARCHAR,NUMBER(38,0))"),
        ("vector(float, 3)", "VECTOR(FLOAT,3)"),
    ],
)
def test_a_column_as_text(said: str, sql: str | None) -> None:
    if sql is not None:
        assert columns(f'{{C: "{said}", OTHER: int, A: int}}')[0] == f"C {sql}"


def test_a_column_as_mapping() -> None:
    more = "comment: it's, identity: {start: 2, increment: 3, order: true}, nullable: true"
    assert columns(f"{{'\"c d\"': {{type: 'number(5,0)', {more}}}}}") == [
        "\"c d\" NUMBER(5,0) AUTOINCREMENT START 2 INCREMENT 3 ORDER COMMENT 'it''s'"
    ]
    body = "{type: varchar, default: \"'x'\", collate: en, masking_policy: {policy: P, using: [D]}, tags: {COST: a}}"
    assert columns(f"{{C: {body}, D: {{type: int, default: 1}}, E: {{type: boolean, default: true}}}}") == [
        "C VARCHAR COLLATE 'en' DEFAULT 'x' WITH MASKING POLICY D.S.P USING (C, D) WITH TAG (D.S.COST = 'a')",
        "D NUMBER(38,0) DEFAULT 1",
        "E BOOLEAN DEFAULT TRUE",
    ]
    assert columns("{C: {type: varchar, as: (D || 'x')}, D: varchar}")[0] == "C VARCHAR AS (D || 'x')"


def test_keys_said_with_a_column() -> None:
    one = table('columns: {ID: "int primary key", A: "varchar unique", B: {type: int, unique: true}}')
    assert one.values["columns"][0].definition == "ID NUMBER(38,0) NOT NULL"
    assert one.values["primary_key"].columns == ("ID",)
    assert [key.columns for key in one.values["unique"]] == [("A",), ("B",)]


@pytest.mark.parametrize(
    ("text", "line", "words", "hint"),
    [
        ('columns: {ID: "number nto null"}', 3, "ID: 'nto' is nothing that is said of a column", "NOT NULL"),
        ("columns: {ID: nubmer}", 3, "ID: NUBMER is no data type", "did you mean NUMBER?"),
        ("columns: {ID: number(38,0)}", 3, "bracket that is not closed", '"number(38,0)" with its quotes'),
        ("columns:\n      A: int\n      B: {type: int, comentt: x}", 5, "'comentt' is no property", "comment?"),
        ("columns:\n      A: int\n      B:", 5, "B: needs a type", ""),
        ("columns:\n      A: int\n      a: int", 5, "a stands twice", ""),
        ("columns: {a b: int}", 3, "its quotes it is '\"a b\"'", ""),
        ("columns: [A, B]", 3, "is a mapping of columns to their types", ""),
        ("columns: {A: {type: int, identity: 5}}", 3, "identity is true, [start, increment]", ""),
        ("columns: {A: {type: int, default: [1]}}", 3, "default is a value", ""),
        ("columns: {A: {type: int, nullable: 1}}", 3, "nullable is true or false", ""),
        ('columns: {A: "int default"}', 3, "DEFAULT needs a value", ""),
        ('columns: {A: "int as a + 1"}', 3, "an expression in brackets", ""),
        ('columns: {A: "varchar comment x"}', 3, "a text in single quotes", ""),
        ('columns: {A: "int primary key"}\n    primary_key: [A]', 2, "primary_key is said twice", ""),
        ("primary_key: [A]", 2, "needs columns", ""),
        ("columns: {AMOUNT: int}\n    primary_key: [AMUONT]", 2, "names AMUONT, which is no column", None),
        ("columns: {A: int}\n    row_access_policy: {policy: P, on: [B]}", 2, "names B, which is no column", None),
        ("columns: {A: int}\n    unique: [A, A]", 4, "two that are the same: A", ""),
        ("columns: {A: int}\n    foreign_keys: [{columns: A}]", 4, "needs references", ""),
        ("columns: {A: int}\n    foreign_keys: [{columns: A, references: 'B (C, D)'}]", 4, "refers to 2", ""),
        ("columns: {A: int}\n    foreign_keys: [{columns: A, references: B, on_delete: x}]", 4, "CASCADE", ""),
        ("columns: {A: int}\n    check: [1]", 4, "is an expression", ""),
        ("columns: {A: int}\n    unique: [{column: A}]", 4, "has no 'column'", "did you mean columns?"),
        ("columns: {A: int}\n    cluster_by: {}", 4, "list of columns and expressions", ""),
        ("columns: {A: int}\n    search_optimization: [equalty(A)]", 4, "did you mean EQUALITY?", ""),
        ("columns: {A: int}\n    row_access_policy: P", 4, "says not which columns", ""),
        ("colums: {A: int}", 3, "no property of a table", "did you mean columns?"),
    ],
)
def test_errors_name_place_and_the_nearest(text: str, line: int, words: str, hint: str | None) -> None:
    with pytest.raises(SourceError) as raised:
        table(text)
    error = raised.value
    assert (error.file, error.line) == ("components.yml", line)
    assert words in error.message
    assert hint is None or hint in error.hint or hint in error.message
    if hint is None:
        assert "did you mean" in error.message or "there are:" in error.message


# on an account


def declared(text: str) -> str:
    return f"tables:\n  '{{db}}.S.T':\n    {text}\n"


ROWS = "INSERT INTO {db}.S.T SELECT COLUMN1, COLUMN2 FROM VALUES (1, 'a'), (2, 'bb')"


@pytest.fixture
def filled(declaring: Declaring) -> Declaring:
    """A table with two rows and a privilege on it."""
    declaring.run("CREATE ROLE IF NOT EXISTS {db}_READER")
    declaring.apply(declared('columns: {ID: "int not null", NAME: varchar(5)}'))
    declaring.run(ROWS, "GRANT SELECT ON TABLE {db}.S.T TO ROLE {db}_READER")
    return declaring


def rows(one: Declaring, name: str = "T") -> list[dict[str, object]]:
    return one.run(f"SELECT * FROM {{db}}.S.{name} ORDER BY 1")


def granted(one: Declaring) -> set[str]:
    return {str(row["grantee_name"]) for row in one.run("SHOW GRANTS ON TABLE {db}.S.T")}


def test_a_table_that_is_made_again_keeps_rows_and_privileges(filled: Declaring) -> None:
    before = rows(filled)
    filled.declare(declared('columns: {ID: "number(10,2) not null", NAME: varchar(5), N: "int default 7"}'))
    (change,) = filled.diff().changes
    assert (change.action, change.effect) == ("replace", "replace")
    assert "no ALTER makes NUMBER(10,2) of NUMBER(38,0)" in change.reason
    filled.apply()
    assert [(float(row["id"]), row["name"], row["n"]) for row in rows(filled)] == [(1.0, "a", 7), (2.0, "bb", 7)]
    assert f"{filled.database}_READER" in granted(filled)
    filled.rollback()
    assert rows(filled) == before
    assert f"{filled.database}_READER" in granted(filled)
    assert [str(row["name"]) for row in filled.run("SHOW TABLES IN SCHEMA {db}.S")] == ["T"]


def test_a_text_that_is_too_long_is_not_cut(filled: Declaring) -> None:
    filled.declare(declared('columns: {ID: "int not null", NAME: varchar(1)}'))
    assert "CAST" not in filled.sql()[0]
    filled.declare(declared('columns: {ID: "varchar(10) not null", NAME: varchar(5)}'))
    assert "CAST(ID AS VARCHAR)" in filled.sql()[0], "the column's own length is judged, not the cast's"


def test_what_grows_is_altered_and_taken_back_with_its_rows(filled: Declaring) -> None:
    filled.declare(declared('columns: {ID: "int not null", NAME: varchar(50)}'))
    (change,) = filled.diff().changes
    assert change.sql == (f"ALTER TABLE {filled.database}.S.T ALTER COLUMN NAME SET DATA TYPE VARCHAR(50)",)
    assert change.effect == "safe"
    filled.apply()
    filled.run("INSERT INTO {db}.S.T VALUES (3, 'ccc')")
    filled.rollback()
    assert [row["name"] for row in rows(filled)] == ["a", "bb", "ccc"], "rows that came later are kept"
    assert filled.run("DESCRIBE TABLE {db}.S.T")[1]["type"] == "VARCHAR(5)"


def test_dropping_a_column_loses_data(filled: Declaring) -> None:
    filled.declare(declared('columns: {ID: "int not null"}'))
    (change,) = filled.diff().changes
    assert change.effect == "destructive"
    filled.declare(declared('columns: {ID: "float not null"}'))
    (change,) = filled.diff().changes
    assert (change.action, change.effect) == ("replace", "destructive"), "also where the table is made again"
    filled.declare(declared('columns: {ID: "int not null", NAME: varchar(5), MORE: int}'))
    (change,) = filled.diff().changes
    assert change.effect == "safe"


@pytest.mark.slow
def test_rows_that_are_there(filled: Declaring) -> None:
    filled.declare(declared('columns: {ID: "int not null", NAME: varchar(5), MORE: "int not null"}'))
    with pytest.raises(SourceError, match="column MORE is NOT NULL and needs a default, as the table has rows"):
        filled.diff()
    filled.apply(declared('columns: {ID: "int not null", NAME: varchar(5), MORE: "int not null default 5"}'))
    filled.rollback()
    filled.apply(declared("columns: {NAME: varchar(5)}"))
    filled.rollback()
    assert [row["name"] for row in rows(filled)] == ["a", "bb"]
    assert filled.run("DESCRIBE TABLE {db}.S.T")[1]["null?"] == "Y", "a value that is lost cannot be asked for"


def test_counting_begins_again(filled: Declaring) -> None:
    filled.apply(declared('columns: {ID: "int not null", NAME: varchar(5), NO: "int identity (7, 1)"}'))
    filled.declare(declared('columns: {ID: "float not null", NAME: varchar(5), NO: "int identity (7, 1)"}'))
    assert filled.diff().changes[0].warnings == ("column NO counts from 7 again: values may come twice",)


def test_a_renamed_column_keeps_its_values_whatever_else_changes(filled: Declaring) -> None:
    for kind in ("varchar(9)", "varchar(3)", "number"):
        new = (
            f'columns: {{KEY: {{type: "int not null", renamed_from: ID}}, TITLE: {{type: {kind}, renamed_from: NAME}}}}'
        )
        if kind == "number":
            filled.run("UPDATE {db}.S.T SET NAME = ID")
        filled.apply(declared(f"{new}\n    primary_key: [KEY]\n    cluster_by: [TITLE]"))
        assert [row["key"] for row in rows(filled)] == [1, 2]
        filled.rollback()
        assert [row["id"] for row in rows(filled)] == [1, 2]


@pytest.mark.slow
def test_what_names_a_renamed_column_goes_along(declaring: Declaring) -> None:
    declaring.run("CREATE ROW ACCESS POLICY {db}.S.R AS (V VARCHAR) RETURNS BOOLEAN -> TRUE")
    more = "    primary_key: [{0}]\n    cluster_by: [abs({0})]\n    row_access_policy: {{policy: R, on: [N]}}"
    declaring.apply(declared('columns: {ID: "int not null", N: varchar}\n' + more.format("ID")))
    new = 'columns: {KEY: {type: "int not null", renamed_from: ID}, N: varchar}\n' + more.format("KEY")
    statements = declaring.there_and_back(declared(new))
    assert statements == [f"ALTER TABLE {declaring.database}.S.T RENAME COLUMN ID TO KEY"]
    declaring.apply(declared(new))
    declaring.declare(declared(new.replace(", renamed_from: ID", "")))
    assert declaring.diff().changes == (), "later the old name may be taken out"


@pytest.mark.slow
def test_what_policies_hide_is_not_copied_as_they_show_it(filled: Declaring) -> None:
    filled.run(
        "CREATE MASKING POLICY {db}.S.M AS (V VARCHAR) RETURNS VARCHAR -> '*'",
        "CREATE ROW ACCESS POLICY {db}.S.R AS (V VARCHAR) RETURNS BOOLEAN -> FALSE",
        "ALTER TABLE {db}.S.T ALTER COLUMN NAME SET MASKING POLICY {db}.S.M",
        "ALTER TABLE {db}.S.T ADD ROW ACCESS POLICY {db}.S.R ON (NAME)",
    )
    policies = "\n    row_access_policy: {policy: R, on: [NAME]}"
    names = 'NAME: "varchar(5) masking policy m"'
    filled.apply(declared(f'columns: {{ID: "int not null", {names}}}{policies}'))
    filled.declare(declared(f'columns: {{ID: "number(38,2) not null", {names}}}{policies}'))
    copy = f"{filled.database}.S.T_COPY"
    statements = filled.sql()
    assert statements[0] == f"CREATE TABLE {copy} CLONE {filled.database}.S.T"
    assert f"FROM {copy}" in statements[-2]
    assert statements[-1] == f"DROP TABLE {copy}"
    filled.apply()
    assert [row["rows"] for row in filled.run("SHOW TABLES IN SCHEMA {db}.S")] == [2]
    filled.rollback()
    assert [row["rows"] for row in filled.run("SHOW TABLES IN SCHEMA {db}.S")] == [2]
    assert filled.run("DESCRIBE TABLE {db}.S.T")[0]["type"] == "NUMBER(38,0)"


def test_computed_and_counted_columns_come_with_values(filled: Declaring) -> None:
    new = 'columns: {ID: "int not null", NAME: varchar(5), NO: "int autoincrement", TWICE: "int as (ID * 2)"}'
    filled.apply(declared(new))
    assert [(row["id"], row["name"], row["twice"]) for row in rows(filled)] == [(1, "a", 2), (2, "bb", 4)]
    assert sorted(int(str(row["no"])) for row in rows(filled)) == [1, 2]
    filled.rollback()
    assert [list(row) for row in rows(filled)] == [["id", "name"]] * 2


def test_a_table_that_is_not_retained_is_made_back(filled: Declaring) -> None:
    body = 'columns: {ID: "%s not null", NAME: varchar(5)}\n    retention: 0'
    filled.apply(declared(body % "int"))
    filled.apply(declared(body % "number(38,1)"))
    filled.rollback()
    assert filled.run("DESCRIBE TABLE {db}.S.T")[0]["type"] == "NUMBER(38,0)"
    assert [row["id"] for row in rows(filled)] == [1, 2]


@pytest.mark.slow
def test_foreign_keys_of_others_outlive_a_table(declaring: Declaring) -> None:
    other = """  '{db}.S.CHILD':
    columns: {ID: int, UP: int}
    foreign_keys: {UP: {columns: UP, references: T}}
"""
    declaring.apply(declared('columns: {ID: "int primary key", A: int}') + other)
    declaring.there_and_back(declared('columns: {ID: "int primary key", A: date}') + other)
    (row,) = declaring.run("SHOW IMPORTED KEYS IN SCHEMA {db}.S")
    assert (row["fk_name"], row["pk_column_name"]) == ("UP", "ID")


def test_a_table_may_refer_to_itself(declaring: Declaring) -> None:
    text = declared('columns: {ID: "int primary key", UP: int}\n    foreign_keys: [{columns: UP, references: T (ID)}]')
    declaring.apply(text)
    declaring.there_and_back(text.replace("UP: int", "UP: float"))


@pytest.mark.slow
def test_streams_that_go_stale_are_told(filled: Declaring) -> None:
    filled.run("CREATE STREAM {db}.S.ST ON TABLE {db}.S.T")
    filled.declare(declared('columns: {ID: "int not null", NAME: varchar(5), MORE: int}'))
    assert filled.diff().changes[0].warnings == ()
    filled.declare(declared('columns: {ID: "float not null", NAME: varchar(5)}'))
    db = filled.database
    assert filled.diff().changes[0].warnings == (f"stream {db}.S.ST on {db}.S.T goes stale: make it again",)


@pytest.mark.slow
def test_what_is_inherited_is_no_difference(declaring: Declaring) -> None:
    declaring.run(
        "ALTER SCHEMA {db}.S SET DATA_RETENTION_TIME_IN_DAYS = 5",
        "ALTER SCHEMA {db}.S SET DEFAULT_DDL_COLLATION = 'en-ci'",
    )
    declaring.apply(declared("columns: {ID: int, NAME: varchar}"))
    assert declaring.run("DESCRIBE TABLE {db}.S.T")[1]["type"] == "VARCHAR(16777216) COLLATE 'en-ci'"
    declaring.declare(declared("columns: {ID: int, NAME: varchar}\n    transient: true"))
    assert [change.action for change in declaring.diff().changes] == ["replace"]
    declaring.apply()
    declaring.declare(declared("columns: {ID: int, NAME: \"varchar collate 'en-ci'\"}\n    transient: true"))
    assert declaring.diff().changes == ()
    declaring.run("ALTER SCHEMA {db}.S UNSET DEFAULT_DDL_COLLATION")
    assert declaring.diff().changes == ()
    declaring.declare(declared("columns: {ID: int, NAME: varchar}\n    transient: true"))
    assert "collation" in declaring.diff().changes[0].reason, "now nothing gives it a collation"


def test_what_snowflake_writes_otherwise_is_no_difference(declaring: Declaring) -> None:
    said = [
        "A: timestamp",
        'B: "timestamp_ntz default current_timestamp()"',
        'C: "timestamp_ntz(3) default sysdate()"',
        'D: "number(12,2) default 0.0"',
        "E: \"date default '2020-01-01'::date\"",
        'F: "boolean default true"',
        'G: "varchar default null"',
        "H: varchar(16777216)",
        "I: character",
        "J: double precision",
        "K: datetime(3)",
        'L: "bigint default -1"',
    ]
    declaring.run("CREATE SEQUENCE {db}.S.SEQ")
    declaring.apply(declared(f"columns: {{{', '.join(said)}, M: 'int default SEQ.nextval'}}"))
    declaring.run("ALTER TABLE {db}.S.T SET COMMENT = ''")
    assert declaring.diff().changes == ()


def test_columns_that_loads_have_made_are_left_alone(declaring: Declaring) -> None:
    from snowmaker import differ
    from snowmaker.components.base import Row
    from snowmaker.components.rows import component
    from snowmaker.components.table import KIND

    one = table('columns: {A: "int not null"}\n    enable_schema_evolution: true')
    records = [
        {"column_name": name, "ordinal_position": at, "data_type": "NUMBER", "numeric_precision": 38,
         "numeric_scale": 0, "is_nullable": "YES", "schema_evolution_record": record}
        for at, (name, record) in enumerate((("A", "{}"), ("B", "{}")))
    ]  # fmt: skip
    shown = {"name": "T", "database_name": "D", "schema_name": "S", "enable_schema_evolution": "Y"}
    live = component(KIND, ("D", "S", "T"), Row(shown, bulk={"columns": records}))
    found = manifest.parse('tables:\n  D.S.T:\n    columns: {A: "int not null"}\n    enable_schema_evolution: true\n')
    assert found.components == (one,)
    assert differ.compare(found, [live], lambda *_: False) == []
    found = manifest.parse('tables:\n  D.S.T:\n    columns: {A: "int not null"}\n')
    assert {*differ.compare(found, [live], lambda *_: False)[0].attributes} == {"columns", "enable_schema_evolution"}


def test_views_external_and_dynamic_tables_are_none(declaring: Declaring) -> None:
    declaring.run(
        "CREATE TABLE {db}.S.T (A INT)",
        "CREATE DYNAMIC TABLE {db}.S.D TARGET_LAG = '1 hour' WAREHOUSE = COMPUTE_WH AS SELECT A FROM {db}.S.T",
        "CREATE EVENT TABLE {db}.S.E",
    )
    declaring.declare(
        "tables:\n  '{db}.S.T': {columns: {A: int}}\ndatabases:\n  '{db}': {schemas: {S: {prune: [tables]}}}"
    )
    assert declaring.diff().changes == ()
    declaring.run("CREATE TABLE {db}.S.GONE (A INT)")
    (change,) = declaring.diff().changes
    assert change.statements == (
        (f"DROP TABLE {declaring.database}.S.GONE", (f"UNDROP TABLE {declaring.database}.S.GONE",)),
    )


@pytest.mark.slow
def test_one_change_of_many_things(declaring: Declaring) -> None:
    """Keys, policies and columns change at once, and are taken back, in an order that Snowflake takes."""
    declaring.run(
        "CREATE ROW ACCESS POLICY {db}.S.R AS (V NUMBER) RETURNS BOOLEAN -> TRUE",
        "CREATE ROW ACCESS POLICY {db}.S.Q AS (V VARCHAR) RETURNS BOOLEAN -> TRUE",
        "CREATE TABLE {db}.S.OTHER (ID NUMBER PRIMARY KEY)",
    )
    declaring.apply(
        declared(
            """columns: {A: "int not null", B: int, C: varchar}
    primary_key: [A]
    unique: [[B, C]]
    cluster_by: [B]
    check: [B > 0]
    row_access_policy: {policy: R, on: [B]}
    foreign_keys: [{columns: B, references: OTHER}]"""
        )
    )
    declaring.there_and_back(
        declared(
            """columns: {A: int, X: "varchar not null", Y: "int not null"}
    primary_key: [Y]
    unique: [[X]]
    cluster_by: [X]
    row_access_policy: {policy: Q, on: [X]}
    foreign_keys: [{columns: Y, references: OTHER}]"""
        ),
        discard=True,  # the sandbox does not read a table that a row access policy is set on
    )


@pytest.mark.slow
def test_a_new_table_keeps_what_nobody_declares(filled: Declaring) -> None:
    filled.run(
        "CREATE TAG {db}.S.COST",
        "ALTER TABLE {db}.S.T ALTER COLUMN NAME SET TAG {db}.S.COST = 'a'",
        "ALTER TABLE {db}.S.T SET TAG {db}.S.COST = 'b'",
        "ALTER TABLE {db}.S.T SET CHANGE_TRACKING = TRUE MAX_DATA_EXTENSION_TIME_IN_DAYS = 3",
    )
    filled.apply(declared('columns: {ID: "float not null", NAME: varchar(5)}'))
    (shown,) = filled.run("SHOW TABLES IN SCHEMA {db}.S")
    (days,) = filled.run("SHOW PARAMETERS LIKE 'MAX_DATA_EXTENSION%' IN TABLE {db}.S.T")
    assert (shown["change_tracking"], days["value"], days["level"]) == ("ON", "3", "TABLE")
    tags = "SELECT * FROM TABLE({db}.INFORMATION_SCHEMA.TAG_REFERENCES_ALL_COLUMNS('{db}.S.T', 'TABLE'))"
    assert {(row["level"], row["column_name"], row["tag_value"]) for row in filled.run(tags)} >= {
        ("COLUMN", "NAME", "a")
    }


def test_what_tags_mask_is_not_copied(filled: Declaring) -> None:
    from dataclasses import replace

    from snowmaker import differ

    filled.declare(declared('columns: {ID: "float not null", NAME: varchar(5)}'))
    one = table('columns: {ID: "float not null"}')
    live = replace(table("columns: {ID: int}"), facts={"masked": ("ID",)})
    (difference,) = differ.compare(
        manifest.parse("tables:\n  D.S.T:\n    columns: {ID: float}\n"), [replace(live, facts={})], lambda *_: False
    )
    assert difference.action == "replace"
    with pytest.raises(SourceError, match="policies on tags mask what is copied of ID"):
        differ.completed([replace(difference, declared=one)], {live.key: live})


@pytest.mark.slow
def test_what_a_table_names_may_move(declaring: Declaring) -> None:
    declaring.run(
        "CREATE MASKING POLICY {db}.S.M AS (V VARCHAR) RETURNS VARCHAR -> '*'",
        "CREATE ROW ACCESS POLICY {db}.S.R AS (V VARCHAR) RETURNS BOOLEAN -> TRUE",
        "CREATE SEQUENCE {db}.S.SEQ",
    )
    text = """databases:
  '{db}':
    schemas:
      S:
        tables:
          UP: {columns: {ID: "int primary key"}}
          T:
            columns: {ID: "int default SEQ.nextval", UP: int, NAME: "varchar masking policy M"}
            row_access_policy: {policy: R, on: [NAME]}
            foreign_keys: [{columns: UP, references: UP}]
"""
    declaring.apply(text)
    new = text.replace("      S:\n", "      NEW:\n        renamed_from: S\n")
    statements = declaring.there_and_back(new)
    assert statements == [f"ALTER SCHEMA {declaring.database}.S RENAME TO {declaring.database}.NEW"]


def test_what_show_cuts_off_is_asked_for_again(declaring: Declaring, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(
        f"  '{{db}}.{schema}.T{number}': {{columns: {{ID: int, A: int}}, primary_key: [ID, A], unique: [A]}}\n"
        for schema in ("S", "OTHER")
        for number in range(3)
    )
    declaring.apply(f"databases: {{'{{db}}': {{schemas: {{OTHER: null}}}}}}\ntables:\n{text}")
    for most in (20, 7, 4):
        monkeypatch.setattr("snowmaker.inspector.SHOWN", most)
        assert declaring.diff().changes == ()


def test_what_an_account_does_not_have_is_told(declaring: Declaring, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from snowmaker.components import policies
    from snowmaker.components.table import KIND

    declaring.apply(declared("columns: {ID: int}"))
    bulk = tuple(replace(one, of=("NONSENSE", *one.of)) if one is policies.BULK else one for one in KIND.bulk)
    monkeypatch.setitem(KIND.__dict__, "bulk", bulk)
    found = declaring.diff()
    assert found.changes == ()
    assert [text for text in found.warnings if text.startswith("policies cannot be read")] != []
