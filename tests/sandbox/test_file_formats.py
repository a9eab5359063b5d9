"""FILE FORMAT: https://docs.snowflake.com/en/sql-reference/sql/create-file-format"""

import json

import pytest

DEFAULTS = {
    "csv": {
        "RECORD_DELIMITER": "\\n", "FIELD_DELIMITER": ",", "FILE_EXTENSION": "", "SKIP_HEADER": "0",
        "PARSE_HEADER": "false", "DATE_FORMAT": "AUTO", "TIME_FORMAT": "AUTO", "TIMESTAMP_FORMAT": "AUTO",
        "BINARY_FORMAT": "HEX", "ESCAPE": "NONE", "ESCAPE_UNENCLOSED_FIELD": "\\\\", "TRIM_SPACE": "false",
        "FIELD_OPTIONALLY_ENCLOSED_BY": "NONE", "NULL_IF": "[\\\\N]", "COMPRESSION": "AUTO",
        "ERROR_ON_COLUMN_COUNT_MISMATCH": "true", "VALIDATE_UTF8": "true", "SKIP_BLANK_LINES": "false",
        "REPLACE_INVALID_CHARACTERS": "false", "EMPTY_FIELD_AS_NULL": "true", "SKIP_BYTE_ORDER_MARK": "true",
        "ENCODING": "UTF8", "MULTI_LINE": "true",
    },
    "json": {
        "FILE_EXTENSION": "", "DATE_FORMAT": "AUTO", "TIME_FORMAT": "AUTO", "TIMESTAMP_FORMAT": "AUTO",
        "BINARY_FORMAT": "HEX", "TRIM_SPACE": "false", "NULL_IF": "[]", "COMPRESSION": "AUTO",
        "ENABLE_OCTAL": "false", "ALLOW_DUPLICATE": "false", "STRIP_OUTER_ARRAY": "false",
        "STRIP_NULL_VALUES": "false", "IGNORE_UTF8_ERRORS": "false", "REPLACE_INVALID_CHARACTERS": "false",
        "SKIP_BYTE_ORDER_MARK": "true", "MULTI_LINE": "true",
    },
    "avro": {"TRIM_SPACE": "false", "NULL_IF": "[]", "COMPRESSION": "AUTO", "REPLACE_INVALID_CHARACTERS": "false"},
    "orc": {"TRIM_SPACE": "false", "NULL_IF": "[]", "REPLACE_INVALID_CHARACTERS": "false"},
    "parquet": {
        "TRIM_SPACE": "false", "NULL_IF": "[]", "COMPRESSION": "AUTO", "BINARY_AS_TEXT": "true",
        "REPLACE_INVALID_CHARACTERS": "false", "USE_LOGICAL_TYPE": "false", "USE_VECTORIZED_SCANNER": "false",
    },
    "xml": {
        "COMPRESSION": "AUTO", "IGNORE_UTF8_ERRORS": "false", "PRESERVE_SPACE": "false",
        "STRIP_OUTER_ELEMENT": "false", "DISABLE_SNOWFLAKE_DATA": "false", "DISABLE_AUTO_CONVERT": "false",
        "REPLACE_INVALID_CHARACTERS": "false", "SKIP_BYTE_ORDER_MARK": "true",
    },
}  # fmt: skip
CHANGES = {
    "csv": {
        "RECORD_DELIMITER": ("'@@'", "@@"), "FIELD_DELIMITER": ("'|'", "|"), "FILE_EXTENSION": ("'txt'", "txt"),
        "SKIP_HEADER": ("2", "2"), "DATE_FORMAT": ("'DD.MM.YYYY'", "DD.MM.YYYY"), "TIME_FORMAT": ("'HH24'", "HH24"),
        "TIMESTAMP_FORMAT": ("'YYYY'", "YYYY"), "BINARY_FORMAT": ("base64", "base64"), "ESCAPE": ("'!'", "!"),
        "ESCAPE_UNENCLOSED_FIELD": ("NONE", "NONE"), "TRIM_SPACE": ("TRUE", "true"),
        "FIELD_OPTIONALLY_ENCLOSED_BY": ("'\"'", '\\"'), "NULL_IF": ("('a', '')", "[a, ]"),
        "COMPRESSION": ("gzip", "gzip"), "ERROR_ON_COLUMN_COUNT_MISMATCH": ("FALSE", "false"),
        "SKIP_BLANK_LINES": ("TRUE", "true"), "REPLACE_INVALID_CHARACTERS": ("TRUE", "true"),
        "EMPTY_FIELD_AS_NULL": ("FALSE", "false"), "SKIP_BYTE_ORDER_MARK": ("FALSE", "false"),
        "ENCODING": ("'ISO-8859-1'", "ISO-8859-1"), "MULTI_LINE": ("FALSE", "false"), "PARSE_HEADER": ("FALSE", "false"),
    },
    "json": {
        "FILE_EXTENSION": ("'js'", "js"), "DATE_FORMAT": ("'DD'", "DD"), "BINARY_FORMAT": ("UTF8", "UTF8"),
        "TRIM_SPACE": ("TRUE", "true"), "NULL_IF": ("('x')", "[x]"), "COMPRESSION": ("BZ2", "BZ2"),
        "ENABLE_OCTAL": ("TRUE", "true"), "ALLOW_DUPLICATE": ("TRUE", "true"), "STRIP_OUTER_ARRAY": ("TRUE", "true"),
        "STRIP_NULL_VALUES": ("TRUE", "true"), "IGNORE_UTF8_ERRORS": ("TRUE", "true"), "MULTI_LINE": ("FALSE", "false"),
    },
    "avro": {"COMPRESSION": ("ZSTD", "ZSTD"), "TRIM_SPACE": ("TRUE", "true"), "NULL_IF": ("('x')", "[x]")},
    "orc": {"TRIM_SPACE": ("TRUE", "true"), "REPLACE_INVALID_CHARACTERS": ("TRUE", "true")},
    "parquet": {
        "COMPRESSION": ("SNAPPY", "SNAPPY"), "BINARY_AS_TEXT": ("FALSE", "false"), "USE_LOGICAL_TYPE": ("TRUE", "true"),
        "USE_VECTORIZED_SCANNER": ("TRUE", "true"),
    },
    "xml": {"PRESERVE_SPACE": ("TRUE", "true"), "STRIP_OUTER_ELEMENT": ("TRUE", "true"), "COMPRESSION": ("NONE", "NONE")},
}  # fmt: skip


def _described(client, name="f"):
    return {row[0]: row[2] for row in client(f"describe file format {name}")}


@pytest.mark.parametrize("kind", DEFAULTS)
def test_defaults(client, kind):
    client(f"create file format f type = {kind}")
    assert _described(client) == {"TYPE": kind, **DEFAULTS[kind]}
    shown = dict(zip([d[0] for d in client.cursor.description], client("show file formats")[0], strict=False))
    row = client("show file formats")[0]
    assert row[1:8] == ("F", "test_defaults[" + kind + "]", "PUBLIC", kind.upper(), "ACCOUNTADMIN", "", row[7])
    assert json.loads(row[7])["TYPE"] == kind
    assert set(json.loads(row[7])) == {"TYPE", *DEFAULTS[kind]}
    assert row[8] == "ROLE"
    assert shown


@pytest.mark.parametrize("kind", CHANGES)
def test_every_option_is_kept(client, kind):
    written = " ".join(f"{name} = {value}" for name, (value, _) in CHANGES[kind].items())
    client(f"create file format f type = {kind} {written} comment = 'c'")
    wanted = {**DEFAULTS[kind], **{name: shown for name, (_, shown) in CHANGES[kind].items()}}
    assert _described(client) == {"TYPE": kind, **wanted}
    client(f"create file format g type = {kind}")
    for name, (value, shown) in CHANGES[kind].items():
        client(f"alter file format g set {name} = {value}")
        assert _described(client, "g")[name] == shown
    assert client("show file formats like 'f'")[0][6] == "c"


def test_options_of_another_type_are_refused(client):
    assert client.error("create file format f type = json field_delimiter = ','")[0] == 1420
    assert client.error("create file format f type = orc compression = gzip")[0] == 1420
    assert client.error("create file format f type = csv nosuch = 1")[:2] == (1420, "42601")
    assert client.error("create file format f type = nosuch")[0] == 1008
    assert client.error("create file format f type = custom")[0] == 2
    client("create file format f type = csv")
    assert client.error("alter file format f set strip_outer_array = true")[0] == 1420


@pytest.mark.parametrize(
    "written",
    [
        "compression = lz77", "binary_format = octal", "skip_header = -1", "encoding = 'klingon'", "escape = 'ab'",
        "field_optionally_enclosed_by = '|'", "trim_space = 'maybe'", "field_delimiter = ''",
    ],
)  # fmt: skip
def test_values_are_judged(client, written):
    code, sqlstate, text = client.error(f"create file format f type = csv {written}")
    assert (code, sqlstate) == (1008, "22023")
    assert "invalid value" in text


def test_what_excludes_each_other(client):
    assert (
        "cannot be used together"
        in client.error("create file format f type = csv parse_header = true skip_header = 1")[2]
    )
    assert client.error("create file format f type = parquet snappy_compression = true compression = none")[0] == 1003
    client("create file format f type = parquet snappy_compression = true")
    assert _described(client)["COMPRESSION"] == "AUTO"


def test_create_again_and_alter(client):
    client("create file format f")
    assert _described(client)["TYPE"] == "CSV"
    assert client.error("create file format f")[:2] == (2002, "42710")
    assert "already exists" in client("create file format if not exists f type = json")[0][0]
    client("create or replace file format f type = 'json'")
    assert client.error("alter file format f set type = csv")[0] == 1003
    client("alter file format f set type = json comment = 'd'")
    assert client.error("alter file format f unset comment")[0] == 1003
    client("alter file format f rename to g")
    client("alter file format if exists nosuch set trim_space = true")
    assert client.error("alter file format nosuch set trim_space = true")[0] == 2003
    assert client("show file formats like 'g'")[0][6] == "d"
    client("comment on file format g is 'e'")
    assert client("show file formats like 'g'")[0][6] == "e"
    client("drop file format g")
    client("drop file format if exists g")
    assert client("show file formats") == []


def test_create_or_alter(client):
    client("create or alter file format f type = json trim_space = true comment = 'one'")
    client("create or alter file format f type = json strip_outer_array = true")
    values = {row[0]: row[2] for row in client("describe file format f")}
    assert (values["TRIM_SPACE"], values["STRIP_OUTER_ARRAY"]) == ("false", "true")
    assert [(row[1], row[6]) for row in client("show file formats")] == [("F", "")]
    assert "type cannot be changed" in client.error("create or alter file format f type = csv")[2]


def test_a_temporary_one_is_the_sessions_own(client, connect, request):
    client("create file format f type = csv skip_header = 1")
    client("create temporary file format f type = json")
    assert _described(client)["TYPE"] == "json"
    other = connect(database=f'"{request.node.name}"', schema="PUBLIC")
    assert _described(other)["TYPE"] == "csv"
    client("drop file format f")
    assert _described(client)["TYPE"] == "csv"


@pytest.mark.parametrize(
    "text", ["create file format f type = csv )", "create file format f type = csv skip_header = 1 )", "drop file format f )",
             "alter file format f set skip_header = 1 )", "describe file format f )", "show file formats )"],
)  # fmt: skip
def test_strays_are_refused(client, text):
    client("create file format f")
    assert client.error(text)[0] == 1003
