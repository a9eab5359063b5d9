"""What the rules on statements find and leave alone, nasty input included."""

from __future__ import annotations

import pytest

from snowmaker.rules.secrecy import _LIKELY, PROPERTIES
from snowmaker.sandbox.history import History as QueryHistory
from snowmaker.sandbox.history import Query
from snowmaker.sandbox.secrecy import MASK, redacted
from tests.rules.conftest import Lint, said

V, U = "migrations/V1__a.sql", "migrations/U1__a.sql"


def undo(text: str) -> dict[str, str]:
    return {V: "SELECT 1", U: text}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("SELECT (1;", [1]),
        ("SELECT\n  F(1, [2, 3)\n;", [2]),
        ("SELECT 1);", [1]),
        ("SELECT {'a': (1, 2]};", [1]),
        ("SELECT '(', \"[\", $$ { $$ -- )\n, 1 /* ] */;", []),
        ("SELECT {'a': [1, (2)]}['a'][0];", []),
        ("CREATE STAGE D.S.T URL = 's3://b/(' FILE_FORMAT = (TYPE = CSV);", []),
        ("SELECT $1 FROM @D.S.T/a(1;", [1]),
        ("PUT file:///tmp/a(1).csv @D.S.T;", []),
        ("SELECT 'never closed;\n", [1]),
        ("SELECT 1;\nSELECT /* never closed;\n", [2]),
        ("SELECT 1;\n\nBEGIN\n  SELECT 1;\n", [3]),
        ("!source x.sql\nSELECT 1;", [1]),
        ("SELECT 1;\nSELECT 2;>\nSELECT 3;", [2]),
        ("SELEC 1;\nCRAETE TABLE D.S.T (A INT);\nDORP TABLE D.S.T;\nselext 1;\nGGRANT X;", [1, 2, 3, 4, 5]),
        ("LET X := 1;\nDETACH X;\nRENAME X;\nRESUME X;\nABORT X;\nEXPLAIN SELECT 1;\nLS @D.S.T;", [1]),
        ("FROBNICATE ALL THINGS;\nCALL D.S.P();\nEXECUTE IMMEDIATE 'x';\n(SELECT 1);", []),
        ("BEGIN\n  LET X := (1 + (2));\n  RETURN X;\nEND;", []),
        ("CREATE PROCEDURE D.S.P() RETURNS INT AS BEGIN RETURN (1; END;", [1]),
    ],
)
def test_unparsable_statement(lint: Lint, text: str, lines: list[int]) -> None:
    assert said(lint(text), "unparsable_statement") == [("unparsable_statement", line) for line in lines]


def test_a_line_is_the_file_s_own_where_a_template_moves_it(lint: Lint) -> None:
    text = "{% for x in range(5) %}\nSELECT {{ x }};\n{% endfor %}\n\nGRANT ALL ON DATABASE D TO ROLE R;\nSELECT 'open"
    assert said(lint(text)) == [("unparsable_statement", 6)]
    assert said(lint(text.replace("'open", "'shut'"))) == [("grant_all", 5)]
    text = "{% set a = 'x\ny' %}\n\n{#\n\n#}{{ a }}"
    assert said(lint(text + "\nSELEC 1")) == []
    assert said(lint("{% if true %}\n\n{% endif %}\nGRANT ALL ON DATABASE {{ 'D\n' }}\n TO ROLE PUBLIC")) == [
        ("grant_all", 4),
        ("grant_to_public", 4),
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("/* a /* b */ SELECT 1;", [1]),
        ("SELECT 1;\n/*\n * list\n * /* inner\n */\nSELECT 2;", [4]),
        ("/* of s3://bucket/*.csv */ SELECT 1;", []),
        ("/* a */ SELECT 1; /* b */", []),
        ("-- /* a /* b\nSELECT '/* /* ', $$ /* /* $$;", []),
        ("SELECT /* a */ 1 /* b /* */;", [1]),
    ],
)
def test_nested_comment(lint: Lint, text: str, lines: list[int]) -> None:
    assert [line for _, line in said(lint(text), "nested_comment")] == lines


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DROP TABLE D.S.T;", 1),
        ("TRUNCATE TABLE D.S.T;", 1),
        ("DELETE FROM D.S.T;", 1),
        ("ALTER TABLE D.S.T DROP COLUMN A;", 1),
        ("INSERT OVERWRITE INTO D.S.T SELECT 1;", 1),
        ("SHOW TABLES IN SCHEMA D.S ->> DROP TABLE D.S.T;", 1),
        ("CREATE OR REPLACE SCHEMA D.S;", 1),
        ("DROP VIEW D.S.V;\nDROP ROLE R;", 0),
        ("CREATE OR REPLACE TABLE D.S.T (A INT);", 0),  # told by its own rule
        ("CALL D.S.P();\nBEGIN DROP TABLE D.S.T; END;", 0),
    ],
)
def test_destructive_statement(lint: Lint, text: str, found: int) -> None:
    assert len(said(lint(text), "destructive_statement")) == found
    assert said(lint(undo(text)), "destructive_statement") == []
    assert said(lint(text, settings='[policy]\ndestructive = "allow"'), "destructive_statement") == []


def test_what_a_policy_forbids_is_an_error(lint: Lint) -> None:
    settings = '[policy]\ndestructive = "forbid"'
    found = lint("CREATE OR REPLACE TABLE D.S.T (A INT);\nDROP DATABASE D;", settings=settings)
    assert [(one.rule, one.level) for one in found] == [
        ("create_or_replace_table", "warning"),
        ("destructive_statement", "error"),
        ("destructive_statement", "error"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("create or replace table d.s.t (a int)", 1),
        ("CREATE OR REPLACE /* x */ TRANSIENT TABLE D.S.T AS SELECT 1 AS A", 1),
        ("CREATE OR REPLACE ICEBERG TABLE D.S.T (A INT)", 1),
        ("CREATE OR REPLACE TEMPORARY TABLE D.S.T (A INT)", 0),
        ("CREATE OR REPLACE DYNAMIC TABLE D.S.T LAG = '1 min' WAREHOUSE = W AS SELECT 1 AS A", 0),
        ("CREATE TABLE D.S.T (A INT)", 0),
        ("CREATE OR REPLACE VIEW D.S.V COPY GRANTS AS SELECT 1 AS TABLE_", 0),
        ("SELECT 'CREATE OR REPLACE TABLE T'", 0),
        ("CREATE OR REPLACE FUNCTION D.S.F() RETURNS TABLE (A INT) COPY GRANTS AS 'SELECT 1'", 0),
    ],
)
def test_create_or_replace_table(lint: Lint, text: str, found: int) -> None:
    assert len(said(lint(text), "create_or_replace_table")) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CREATE OR REPLACE VIEW D.S.V AS SELECT 1 AS A", 1),
        ("CREATE OR REPLACE SECURE VIEW D.S.V AS SELECT 1 AS A", 1),
        ("CREATE OR REPLACE MATERIALIZED VIEW D.S.V AS SELECT A FROM D.S.T", 1),
        ("CREATE OR REPLACE FUNCTION D.S.F() RETURNS INT AS '1'", 1),
        ("CREATE OR REPLACE PROCEDURE D.S.P() RETURNS INT AS BEGIN RETURN 1; END", 1),
        ("CREATE OR REPLACE STREAM D.S.X ON TABLE D.S.T", 1),
        ("CREATE OR REPLACE VIEW D.S.V COPY GRANTS AS SELECT 1 AS A", 0),
        ("CREATE OR REPLACE VIEW D.S.V COMMENT = 'COPY GRANTS' AS SELECT 1 AS A", 1),
        ("CREATE OR REPLACE TEMPORARY VIEW D.S.V AS SELECT 1 AS A", 0),
        ("CREATE VIEW D.S.V AS SELECT 1 AS A", 0),
        ("CREATE OR REPLACE FILE FORMAT D.S.F TYPE = CSV", 0),
        ("CREATE OR REPLACE TABLE D.S.VIEW_ (A INT)", 0),
    ],
)
def test_lost_grants(lint: Lint, text: str, found: int) -> None:
    assert len(said(lint(text), "lost_grants")) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DROP TABLE D.S.T", 1),
        ("drop view d.s.v cascade", 1),
        ("DROP FUNCTION D.S.F(NUMBER, VARCHAR)", 1),
        ("DROP DATABASE ROLE D.R", 1),
        ("DROP ROW ACCESS POLICY D.S.P", 1),
        ("DROP RESOURCE MONITOR M", 1),
        ("DROP FILE FORMAT D.S.F", 1),
        ('DROP TABLE "a""b"."if"."exists"', 1),
        ("TRUNCATE TABLE D.S.T;\nTRUNCATE D.S.T", 2),
        ("DROP TABLE IF EXISTS D.S.T;\nTRUNCATE TABLE IF EXISTS D.S.T", 0),
        ("DROP /* a */ TABLE IF /* b */ EXISTS D.S.T", 0),
        ("DROP MODEL MONITOR D.S.M", 0),  # cannot be told apart from a model that is named so
        ("DROP MANAGED ACCOUNT A", 0),
        ("ALTER TABLE D.S.T DROP COLUMN A", 0),
        ("TRUNCATE MATERIALIZED VIEW D.S.V", 0),
        ("DROP FROBNICATOR X", 0),
        ("DROP", 0),
        ("UNDROP TABLE D.S.T", 0),
    ],
)
def test_missing_if_exists(lint: Lint, text: str, found: int) -> None:
    told = [one.message for one in lint(undo(text)) if one.rule == "missing_if_exists"]
    assert len(told) == found
    assert not [message for message in told if "D.S" in message or " D " in message]
    assert said(lint(text), "missing_if_exists") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GRANT ALL ON DATABASE D TO ROLE R", 1),
        ("GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA D.S TO ROLE R", 1),
        ("grant all privileges on future tables in schema d.s to role r", 1),
        ("GRANT SELECT ON ALL TABLES IN SCHEMA D.S TO ROLE R", 0),
        ("REVOKE ALL ON DATABASE D FROM ROLE R", 0),
        ("GRANT ROLE ALL_READERS TO ROLE R", 0),
        ("COMMENT ON ROLE R IS 'GRANT ALL ON X'", 0),
    ],
)
def test_grant_all(lint: Lint, text: str, found: int) -> None:
    assert len(said(lint(text), "grant_all")) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GRANT USAGE ON DATABASE D TO ROLE PUBLIC", 1),
        ("GRANT USAGE ON DATABASE D TO PUBLIC", 1),
        ('grant role r to role "PUBLIC"', 1),
        ('GRANT ROLE R TO ROLE "public"', 0),
        ("GRANT USAGE ON SCHEMA D.PUBLIC TO ROLE R", 0),
        ("GRANT SELECT ON ALL TABLES IN SCHEMA D.PUBLIC TO DATABASE ROLE D.PUBLIC", 0),
        ("REVOKE USAGE ON DATABASE D FROM ROLE PUBLIC", 0),
        ("GRANT ROLE PUBLIC TO ROLE R", 0),
        ("GRANT SELECT ON TABLE D.S.T TO SHARE PUBLIC", 0),
    ],
)
def test_grant_to_public(lint: Lint, text: str, found: int) -> None:
    assert len(said(lint(text), "grant_to_public")) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT * FROM D.S.T", 1),
        ("SELECT DISTINCT * FROM D.S.T", 1),
        ("SELECT T.* FROM D.S.T AS T", 1),
        ("SELECT A, * EXCLUDE (B) FROM D.S.T", 1),
        ("(SELECT * FROM D.S.T)", 1),
        ("(SELECT * FROM D.S.T) ORDER BY 1", 1),
        ("(SELECT A FROM D.S.T) UNION ((SELECT * FROM D.S.T) LIMIT 1)", 1),
        ("SELECT A FROM D.S.T UNION ALL SELECT * FROM D.S.U", 1),
        ("SELECT * FROM (SELECT * FROM D.S.T)", 1),
        ("WITH X AS (SELECT * FROM D.S.T) SELECT * FROM X", 1),
        ("WITH X AS (SELECT A FROM D.S.T), Y AS (SELECT * FROM X JOIN D.S.U USING (A)) SELECT Y.* FROM Y", 1),
        ("SELECT X.*, T.B FROM (SELECT A FROM D.S.T) X JOIN D.S.T T ON X.A = T.A", 0),
        ("SELECT A * B, COUNT(*), OBJECT_CONSTRUCT(*), 2 * 3 FROM D.S.T GROUP BY ALL", 0),
        ("SELECT A FROM (SELECT * FROM D.S.T)", 0),
        ("WITH X AS (SELECT A FROM D.S.T) SELECT * FROM X", 0),
        ("WITH X (A, B) AS (SELECT A, B FROM D.S.T) SELECT * FROM X WHERE A IN (SELECT * FROM X)", 0),
        ("WITH S AS (SELECT * FROM D.S.T), R AS (SELECT ID AS A FROM S) SELECT * FROM R", 0),
        ("WITH RECURSIVE X AS (SELECT 1 AS A UNION ALL SELECT A + 1 FROM X) SELECT * FROM X", 0),
        ("WITH RECURSIVE X AS (SELECT 1 AS A UNION ALL SELECT * FROM X) SELECT * FROM X", 0),
        ("SELECT A.B.C FROM D.S.T A WHERE EXISTS (SELECT * FROM D.S.U)", 0),
        ("SELECT '*' AS A, $$ SELECT * FROM T $$ AS B", 0),
        ("SELECT V.VALUE FROM D.S.T, LATERAL FLATTEN(INPUT => T.A) V", 0),
        ("SELECT * FROM VALUES (1, 2)", 1),
        ("SELECT (SELECT MAX(A) FROM D.S.T) * 2 AS A", 0),
    ],
)
def test_select_star(lint: Lint, query: str, found: int) -> None:
    for head in (
        "CREATE VIEW D.S.V AS",
        "CREATE OR REPLACE SECURE VIEW D.S.V (A COMMENT 'AS SELECT *') COPY GRANTS COMMENT = 'x' AS",
        "CREATE MATERIALIZED VIEW IF NOT EXISTS D.S.V AS",
    ):
        assert len(said(lint(f"{head} {query}"), "select_star")) == found
    assert said(lint(f"CREATE TABLE D.S.T2 AS {query}"), "select_star") == []


def test_select_star_of_many_and_of_deep_queries(lint: Lint) -> None:
    named = "".join(f", X{n} AS (SELECT A.* FROM X{n - 1} A JOIN X{n - 1} B ON TRUE)" for n in range(1, 60))
    assert said(lint(f"CREATE VIEW D.S.V AS WITH X0 AS (SELECT 1 AS A){named} SELECT * FROM X59")) == []
    deep = "SELECT * FROM (" * 2_000 + "SELECT 1 AS A" + ")" * 2_000
    assert said(lint(f"CREATE VIEW D.S.V AS {deep}")) == []


@pytest.mark.parametrize(
    "text",
    [
        "CREATE VIEW D.S.V",
        "CREATE VIEW D.S.V AS",
        "CREATE VIEW D.S.V AS SELECT * FROM",
        "CREATE VIEW V AS WITH X AS (SELECT *",
    ],
)
def test_select_star_of_what_is_no_view(lint: Lint, text: str) -> None:
    lint(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("CREATE TABLE T (A INT)", ["T"]),
        ("CREATE TABLE S.T (A INT)", ["S.T"]),
        ("CREATE SCHEMA S", ["S"]),
        ("DROP VIEW IF EXISTS V", ["V"]),
        ("ALTER TABLE IF EXISTS T ADD COLUMN A INT", ["T"]),
        ("CREATE DATABASE ROLE R", ["R"]),
        ("INSERT INTO T (A) SELECT A FROM D.S.U JOIN U2 ON U2.A = U.A", ["T", "U2"]),
        ("UPDATE T SET A = 1", ["T"]),
        ("DELETE FROM T WHERE A IN (SELECT A FROM U)", ["T", "U"]),
        ("MERGE INTO T USING U ON T.A = U.A WHEN MATCHED THEN UPDATE SET B = U.B", ["T", "U"]),
        ("COPY INTO T FROM @STG", ["STG", "T"]),
        ("PUT file://x @STG", ["STG"]),
        ("CREATE TABLE D.S.T AS SELECT A FROM U", ["U"]),
        ("CREATE MASKING POLICY P AS (V VARCHAR) RETURNS VARCHAR -> V", ["P"]),
        ("TRUNCATE TABLE T", ["T"]),
        # settled, or none of a schema
        ("USE SCHEMA D.S;\nCREATE TABLE T (A INT);\nSELECT A FROM T", []),
        ("USE DATABASE D;\nCREATE TABLE T (A INT)", []),
        ("CREATE SCHEMA D.S;\nCREATE TABLE T (A INT)", []),
        ("USE ROLE R;\nUSE WAREHOUSE W;\nCREATE TABLE T (A INT)", ["T"]),
        ("CREATE TABLE D.S.T (A INT);\nCREATE DATABASE D;\nCREATE ROLE R;\nCREATE WAREHOUSE W", []),
        ("CREATE TABLE D..T (A INT)", []),
        ("CREATE TABLE IDENTIFIER('D.S.T') (A INT);\nCREATE TABLE IDENTIFIER($X) (A INT)", []),
        ('CREATE TABLE "d.x"."s"."t" (A INT)', []),
        ("CREATE VIEW D.S.V AS SELECT A FROM T", []),
        ("WITH X AS (SELECT 1 AS A), Y (B) AS (SELECT 2) SELECT A FROM X JOIN Y", []),
        ("SELECT EXTRACT(YEAR FROM A), TRIM(B) FROM D.S.T WHERE A IS NOT DISTINCT FROM B", []),
        ("SELECT 1 FROM TABLE(F()), LATERAL FLATTEN(X);\nSELECT 1 FROM VALUES (1)", []),
        ("SELECT 1 FROM @~/x;\nLIST @D.S.STG/x;\nREMOVE @%T", []),
        ("CREATE DATABASE D FROM SHARE A.B", []),
        ("CREATE NETWORK POLICY P ALLOWED_IP_LIST = ('1.2.3.4');\nDROP INTEGRATION I", []),
        ("BEGIN\n  SELECT A FROM T;\nEND", []),
        ("CREATE PROCEDURE D.S.P() RETURNS INT AS BEGIN FETCH C INTO X; RETURN 1; END", []),
        ("GRANT SELECT ON TABLE D.S.T TO ROLE R;\nSHOW TABLES IN SCHEMA D.S", []),
    ],
)
def test_unqualified_object(lint: Lint, text: str, names: list[str]) -> None:
    found = [one.message.split(" is named")[0] for one in lint(text) if one.rule == "unqualified_object"]
    assert sorted(found) == names


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("CREATE USER U PASSWORD = 'x1'", [1]),
        ("ALTER USER U SET\n  PASSWORD='x1'", [2]),
        ("CREATE SECRET D.S.X TYPE = GENERIC_STRING SECRET_STRING = $$x$$", [1]),
        ("CREATE STAGE D.S.X URL = 's3://b' CREDENTIALS = (AWS_KEY_ID = 'k' AWS_SECRET_KEY = 's')", [1]),
        ("CREATE STAGE D.S.X URL = 'azure://b' CREDENTIALS = (AZURE_SAS_TOKEN = '?sv=x')", [1]),
        ("EXECUTE IMMEDIATE 'CREATE USER U PASSWORD = ''x1'' '", [1]),
        ("EXECUTE IMMEDIATE $$CREATE USER U PASSWORD = 'x1'$$", [1]),
        ("-- PASSWORD = 'x1'\nSELECT 1", [1]),
        ("SET DB_PASSWORD = 'x1';\nSET PASSWORD = $OTHER", [1]),
        ("SELECT '-----BEGIN RSA PRIVATE KEY-----\nMII'", [1]),
        ("SELECT '-----BEGIN ENCRYPTED PRIVATE KEY-----'", [1]),
        ("SELECT 'AKIA" + "A" * 16 + "'", [1]),
        ("SELECT 'ghp_" + "a" * 36 + "'", [1]),
        ("SELECT 'xoxb-" + "1" * 24 + "'", [1]),
        ("CREATE USER U PASSWORD = '<not a placeholder>'", [1]),
        ("{% set pw = 'x1' %}CREATE USER U PASSWORD = '{{ pw }}'", [1]),
        ("CREATE USER U PASSWORD = {{ secret('P') }}", []),
        ("CREATE USER U PASSWORD = '{{ secret('P') }}'", []),
        ("CREATE USER U PASSWORD = '' COMMENT = 'x'", []),
        ("EXECUTE IMMEDIATE 'CREATE USER U PASSWORD = '''' COMMENT = ''x'' '", []),
        ("CREATE USER U MUST_CHANGE_PASSWORD = TRUE TYPE = SERVICE RSA_PUBLIC_KEY = 'MIIB'", []),
        ("CREATE SECRET D.S.X TYPE = PASSWORD USERNAME = 'u' PASSWORD = {{ secret('P') }}", []),
        ("CREATE TABLE D.S.T (PASSWORD VARCHAR, TOKEN VARCHAR)", []),
        ("CREATE PASSWORD POLICY D.S.P PASSWORD_MIN_LENGTH = 12", []),
    ],
)
def test_secret_in_clear(lint: Lint, text: str, lines: list[int]) -> None:
    found = [one for one in lint(text) if one.rule == "secret_in_clear"]
    assert [one.line for one in found] == lines
    assert "x1" not in str(found)


def test_what_is_likely_covers_every_property() -> None:
    assert all(any(part in name for part in _LIKELY) for name in PROPERTIES)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("SELECT\n  '{{ secret('P') }}'", [2]),
        ("SELECT 1;\nCALL D.S.LOGIN({{ secret('P') }}, 'a{{ secret('Q') }}')", [2, 2]),
        ("SET PASSWORD = {{ secret('P') }}", [1]),
        ("UPDATE D.S.T SET PASSWORD = {{ secret('P') }}", [1]),
        ("CREATE TABLE D.S.T AS SELECT 1 AS A WHERE PASSWORD = {{ secret('P') }}", [1]),
        ("COMMENT ON ROLE R IS '{{ secret('P') }}'", [1]),
        (
            "CREATE EXTERNAL FUNCTION D.S.F() RETURNS INT API_INTEGRATION = I HEADERS = ('k' = {{ secret('P') }}) AS 'https://x'",
            [1],
        ),
        ("CREATE USER U COMMENT = {{ secret('P') }} PASSWORD = 'y'", [1]),
        ("CREATE USER U PASSWORD = '{{ secret('P') }}'", []),
        ("ALTER USER U SET PASSWORD={{ secret('a/b-c.d') }}", []),
        ("CREATE OR REPLACE SECRET D.S.X TYPE = GENERIC_STRING SECRET_STRING = 'k:{{ secret('P') }}'", []),
        ("CREATE STAGE D.S.X URL = 's3://b' CREDENTIALS = (AWS_KEY_ID = 'k' AWS_SECRET_KEY = {{ secret('P') }})", []),
        ("COPY INTO D.S.T FROM 's3://b' CREDENTIALS = (AWS_KEY_ID = 'k' AWS_SECRET_KEY = {{ secret('P') }})", []),
        ("CREATE SECURITY INTEGRATION I TYPE = API_AUTHENTICATION OAUTH_CLIENT_SECRET = {{ secret('P') }}", []),
        ("SELECT ENCRYPT('x', {{ secret('P') }}), DECRYPT_RAW(F(A), '{{ secret('P') }}')", []),
        ("SELECT ENCRYPT(F({{ secret('P') }}), 'x')", [1]),
    ],
)
def test_unredacted_secret(lint: Lint, text: str, lines: list[int]) -> None:
    assert [line for _, line in said(lint(text), "unredacted_secret")] == lines


STATEMENTS = [
    *(f"CREATE SECRET D.S.X TYPE = GENERIC_STRING {name} = {{}}" for name in sorted(PROPERTIES)),
    "CREATE USER U PASSWORD = {} COMMENT = {}",
    "ALTER USER IF EXISTS U SET PASSWORD = {}",
    "CREATE OR REPLACE USER U RSA_PUBLIC_KEY = {}",
    "ALTER USER U SET OLD_PASSWORD = {} PASSWORD = {}",
    "CREATE OR REPLACE TEMPORARY STAGE D.S.X ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = {})",
    "CREATE STAGE D.S.X URL = 's3://b' CREDENTIALS = (AWS_KEY_ID = {} AWS_SECRET_KEY = {} AWS_TOKEN = {})",
    "CREATE STAGE D.S.X URL = 'azure://b' CREDENTIALS = (AZURE_SAS_TOKEN = {}) COMMENT = {}",
    "COPY INTO D.S.T FROM 's3://b' CREDENTIALS = (AWS_KEY_ID = {} AWS_SECRET_KEY = {})",
    "COPY INTO D.S.T FROM 's3://b' ENCRYPTION = (MASTER_KEY = {}) FILE_FORMAT = (NULL_IF = ({}))",
    "COPY INTO @D.S.X FROM (SELECT A FROM T WHERE PASSWORD = {})",
    "CREATE SECURITY INTEGRATION I TYPE = API_AUTHENTICATION AUTH_TYPE = OAUTH2 OAUTH_CLIENT_SECRET = {}",
    "CREATE API INTEGRATION I API_PROVIDER = AWS_API_GATEWAY API_KEY = {}",
    "ALTER SECURITY INTEGRATION I SET OAUTH_CLIENT_SECRET = {}",
    "CREATE EXTERNAL VOLUME V STORAGE_LOCATIONS = ((NAME = 'a' CREDENTIALS = (AWS_SECRET_KEY = {})))",
    "CREATE ACCOUNT A ADMIN_NAME = 'a' ADMIN_PASSWORD = {}",
    "CREATE MANAGED ACCOUNT A ADMIN_NAME = 'a', ADMIN_PASSWORD = {}, TYPE = READER",
    "SELECT ENCRYPT({}, {}, {}), SHA2({})",
    "SELECT TRY_DECRYPT_RAW(F(X, {}), {})",
    "SELECT ENCRYPT(('x'), {}), ENCRYPT(F({}), {})",
    "INSERT INTO T SELECT ENCRYPT('x', {}), {}",
    "INSERT INTO T VALUES ({}), ({})",
    "CALL D.S.P({}, PASSWORD => {})",
    "SET PASSWORD = {}",
    "CREATE TABLE USER AS SELECT 1 AS A WHERE PASSWORD = {}",
    "CREATE VIEW STAGE AS SELECT 1 AS A FROM T WHERE API_KEY = {}",
    "CREATE TABLE T (A VARCHAR DEFAULT {}) COMMENT = {}",
    "UPDATE T SET PASSWORD = {}, API_KEY = {}",
    "COMMENT ON USER U IS {}",
    "CREATE TASK T SCHEDULE = '1 MINUTE' AS ALTER USER U SET PASSWORD = {}",
    "ALTER SESSION SET QUERY_TAG = {}",
    "EXPLAIN USING TEXT SELECT {}",
]


def test_it_names_what_the_history_keeps_and_nothing_else(lint: Lint) -> None:
    """The sandbox, as Snowflake's documentation has it, is the referee: each secret alone in its place."""
    sandbox = QueryHistory(None, set())
    wrong = []
    for statement in STATEMENTS:
        for place in range(statement.count("{}")):
            values = ["'else'"] * statement.count("{}")
            values[place] = "{{ secret('P') }}"
            text = statement.format(*values)
            sent = text.replace(values[place], "'Hush-1'")
            sandbox.start(Query(text, sent, 1, "", "U", None, None, None, None, "2026-11-01T00:00:00+00:00"))
            kept = "Hush-1" in sandbox.queries()[0].query_text
            if kept != bool(said(lint(text), "unredacted_secret")):
                wrong.append((text, "kept" if kept else "redacted"))
    assert not wrong


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_the_sandbox_redacts_what_the_rule_trusts(name: str) -> None:
    assert redacted(f"CREATE SECRET S {name} = 'hush'") == f"CREATE SECRET S {name} = '{MASK}'"


def test_the_history_s_own_database_and_what_only_looks_like_it(lint: Lint) -> None:
    settings = '[history]\ntable = "META.SNOW.HISTORY"'
    text = "DROP DATABASE META;\nALTER SCHEMA SNOW RENAME TO S2;\nCREATE OR REPLACE TABLE META.SNOW.HISTORY (A INT)"
    assert said(lint(text, settings=settings), "history_container") == [("history_container", n) for n in (1, 2, 3)]
    assert said(lint(undo("DROP DATABASE META"), settings=settings), "history_container") == [("history_container", 1)]
    text = "DROP DATABASE META2;\nDROP TABLE META.SNOW.OTHER;\nCREATE DATABASE META;\nSELECT 'DROP DATABASE META'"
    assert said(lint(text, settings=settings), "history_container") == []


def test_transactions_of_rollbacks_too(lint: Lint) -> None:
    on = "-- snowmaker: transaction=on\n"
    assert said(lint({V: f"{on}DELETE FROM D.S.T", U: f"{on}TRUNCATE TABLE D.S.T"}), "unsafe_transaction") == [
        ("unsafe_transaction", 2)
    ]
