"""PIPE: https://docs.snowflake.com/en/sql-reference/sql/create-pipe"""

import json

import pytest


@pytest.fixture
def place(client, tmp_path):
    """A table, a stage and a way to stage a file."""
    client("create table t (a int, b varchar)")
    client("create stage s")

    def stage(name, text, path=""):
        (tmp_path / name).write_text(text)
        client(f"put 'file://{tmp_path / name}' @s{path} auto_compress = false")

    return stage


def _status(client, name="p"):
    return json.loads(client(f"select system$pipe_status('{name}')")[0][0])


def test_shown_and_described(client, place):
    definition = "copy into t from @s pattern = '.*[.]csv' file_format = (type = csv)"
    assert client(f"create pipe p comment = 'c' as {definition}") == [("Pipe P successfully created.",)]
    row = client("show pipes")[0]
    found = dict(zip(client.names(), row, strict=True))
    assert client.names() == [
        "created_on", "name", "database_name", "schema_name", "definition", "owner", "notification_channel", "comment",
        "integration", "pattern", "error_integration", "owner_role_type", "invalid_reason", "kind",
        "is_snowflake_managed",
    ]  # fmt: skip
    assert found["definition"] == definition
    assert (found["pattern"], found["comment"], found["error_integration"]) == (".*[.]csv", "c", None)
    assert (found["invalid_reason"], found["is_snowflake_managed"]) == (None, "false")
    assert client("describe pipe p")[0] == row
    client("drop table t")
    client("desc pipe p")
    assert "does not exist" in dict(zip(client.names(), client("desc pipe p")[0], strict=True))["invalid_reason"]


def test_a_refresh_loads_new_files_once(client, place):
    place("a.csv", "1,x\n", "/d1")
    client("create pipe p as copy into t from @s/d1")
    assert client("alter pipe p refresh") == [("a.csv", "SENT")]
    assert client.names() == ["File", "Status"]
    assert client("alter pipe p refresh") == []
    place("b.csv", "2,y\n", "/d1/deep")
    place("c.csv", "3,y\n", "/d2")
    assert client("alter pipe p refresh prefix = 'deep/'") == [("deep/b.csv", "SENT")]
    assert client("select a from t order by 1") == [(1,), (2,)]
    place("a.csv", "4,y\n", "/d1/x")
    assert client("alter pipe p refresh modified_after = '2999-01-01T00:00:00-07:00'") == []
    assert client("alter pipe p refresh modified_after = '2018-07-30T13:56:46-07:00'") == [("x/a.csv", "SENT")]
    assert _status(client)["lastIngestedFilePath"] == "d1/x/a.csv"


def test_a_bad_file_is_skipped(client, place):
    place("a.csv", "1,x\nbad,y\n")
    client("create pipe p as copy into t from @s")
    client("alter pipe p refresh")
    assert client("select count(*) from t") == [(0,)]
    client("create or replace pipe p as copy into t from @s on_error = continue")
    client("alter pipe p refresh")
    assert client("select count(*) from t") == [(1,)]


def test_a_pipe_has_a_history_of_its_own(client, place):
    place("a.csv", "1,x\n")
    client("copy into t from @s")
    client("create pipe p as copy into t (b, a) from (select $2, $1 from @s)")
    assert client("alter pipe p refresh") == [("a.csv", "SENT")]
    assert client("select count(*) from t") == [(2,)]
    assert client("copy into t from @s") == [("Copy executed with 0 files processed.",)]


def test_paused_and_resumed(client, place):
    place("a.csv", "1,x\n")
    client("create pipe p as copy into t from @s")
    client("alter pipe p set pipe_execution_paused = true comment = 'd'")
    assert _status(client)["executionState"] == "PAUSED"
    assert client("alter pipe p refresh") == [("a.csv", "SENT")]
    assert client("select count(*) from t") == [(0,)]
    assert _status(client)["pendingFileCount"] == 1
    client("alter pipe p set pipe_execution_paused = false")
    assert client("select count(*) from t") == [(1,)]
    assert _status(client)["pendingFileCount"] == 0
    client("alter pipe p set pipe_execution_paused = true")
    client("select system$pipe_force_resume('p')")
    assert _status(client)["executionState"] == "RUNNING"
    client("alter pipe p unset comment, pipe_execution_paused")
    assert client("show pipes")[0][7] is None


@pytest.mark.parametrize(
    "body",
    [
        "copy into nosuch from @s", "copy into t from @nosuch", "copy into t from @s purge = true", "select 1",
        "copy into t from @s force = true", "copy into t from @s files = ('a')", "copy into t from @s )",
        "copy into t from @s on_error = abort_statement", "copy into t from @s size_limit = 10",
        "copy into t from @s validation_mode = return_errors", "copy into t (nosuch) from @s", "copy into @s from t",
        "copy into t from @s file_format = (format_name = nosuch)", "copy into t from (select $1 from @s where $1 = 1)",
    ],
)  # fmt: skip
def test_wrong_statements_are_refused(client, place, body):
    assert client.error(f"create pipe p as {body}")[0] in (904, 1003, 1008, 2003)
    assert client("show pipes") == []


def test_other_refusals(client, place):
    client("create pipe p as copy into t from @s")
    assert client.error("create pipe p as copy into t from @s")[:2] == (2002, "42710")
    assert "already exists" in client("create pipe if not exists p as copy into t from @s")[0][0]
    assert client.error("alter pipe p rename to q")[0] == 1003
    assert client.error("alter pipe p set auto_ingest = true")[0] == 1420
    assert client.error("alter pipe p refresh )")[0] == 1003
    assert client.error("alter pipe p set pipe_execution_paused = true )")[0] == 1003
    assert client.error("create pipe q integration = nosuch as copy into t from @s")[0] == 2003
    assert client.error("create pipe q nosuch = 1 as copy into t from @s")[0] == 1420
    client("create stage g url = 'gcs://b/'")
    assert client.error("create pipe q auto_ingest = true as copy into t from @g")[0] == 1003
    client("create stage e url = 's3://b/'")
    client("create pipe q auto_ingest = true aws_sns_topic = 'arn:x' as copy into t from @e")
    assert client.error("alter pipe q refresh")[:2] == (2, "0A000")
    client("alter pipe if exists nosuch refresh")
    client("drop pipe p")
    assert client.error("drop pipe p")[0] == 2003
    client("drop pipe if exists p")


def test_names_are_those_of_the_pipes_schema(client, place, request):
    client("create schema other")
    client(f'create pipe "{request.node.name}".public.p as copy into t from @s')
    assert client.error("create pipe q as copy into t from @s")[0] == 2003
    place("a.csv", "1,x\n") if client("use schema public") else None
    client("use schema other")
    assert client("alter pipe public.p refresh") == [("a.csv", "SENT")]


def test_privileges(client, connect, place, request):
    role = f"R_{abs(hash(request.node.name)) % 10**8}"
    place("a.csv", "1,x\n")
    client("create pipe p as copy into t from @s")
    client(f"create or replace role {role}")
    client(f"grant role {role} to user admin")
    for where in (f'database "{request.node.name}"', f'schema "{request.node.name}".public'):
        client(f"grant usage on {where} to role {role}")
    other = connect(role=role, database=f'"{request.node.name}"', schema="PUBLIC")
    other("use secondary roles none")
    assert other("show pipes") == []
    assert other.error("alter pipe p refresh")[0] == 2003
    client(f"grant monitor on pipe p to role {role}")
    assert _status(other)["executionState"] == "RUNNING"
    assert other.error("alter pipe p refresh")[0] == 3001
    client(f"grant operate on pipe p to role {role}")
    # the pipe runs as its owner: the role may neither read the stage nor write the table
    assert other("alter pipe p refresh") == [("a.csv", "SENT")]
    other("alter pipe p set pipe_execution_paused = true")
    assert other.error("alter pipe p set comment = 'x'")[0] == 3001
    assert other.error("drop pipe p")[0] == 3001
    assert other.error("select * from t")[0] == 2003
    client(f"drop role {role}")


def test_as_deployment_tools_write_it(client, request):
    """Names in quotation marks, strings for words, FILE_FORMAT by name, on a stage of a cloud."""
    client("create stage s url = 'gcs://b'")
    client("create file format f type = parquet")
    client("create table t (id varchar, name varchar, file varchar, line int)")
    schema = f'"{request.node.name}"."PUBLIC"'
    client(
        f'create pipe {schema}."P"\nauto_ingest = FALSE\nas\nCOPY INTO {schema}."T" (\n"ID"\n, "NAME"\n) FROM (\n'
        f"SELECT\nGET($1, 'id')\n, GET($1, 'name')\nFROM @{schema}.\"S\"/abc/cde\n)\nFILE_FORMAT = {schema}.\"F\"\n"
        "ON_ERROR = CONTINUE\nENFORCE_LENGTH = TRUE"
    )
    client(
        f'create or replace pipe {schema}."P" as COPY INTO {schema}."T" FROM @{schema}."S" PATTERN = \'.*[.]csv\' '
        f'FILE_FORMAT = {schema}."F" MATCH_BY_COLUMN_NAME = \'CASE_SENSITIVE\' INCLUDE_METADATA = ("FILE" = '
        '"METADATA$FILENAME", "LINE" = "METADATA$FILE_ROW_NUMBER")'
    )
    (shown,) = client("show pipes")
    row = dict(zip(client.names(), shown, strict=True))
    assert (row["pattern"], row["kind"]) == (".*[.]csv", "STAGE")
    assert 'INCLUDE_METADATA = ("FILE" = "METADATA$FILENAME"' in row["definition"]
