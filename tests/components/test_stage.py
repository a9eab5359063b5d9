"""Stages in a bucket, and what a change of a stage costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from snowmaker.components import kinds
from snowmaker.errors import SourceError

from .conftest import Declaring

STAGE = "stages:\n  '{db}.S.X': "
SECRETS = "{aws_key_id: AKIA, aws_secret_key: \"{{ secret('aws_key') }}\"}"
NAME = "{db}.S.X"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWMAKER_SECRET_AWS_KEY", "hunter2")
    monkeypatch.setenv("SNOWMAKER_SECRET_MASTER", "bWFzdGVy")


@pytest.fixture
def integration(declaring: Declaring) -> Iterator[None]:
    declaring.run(
        "CREATE STORAGE INTEGRATION {db}_I TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE "
        "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role/r' STORAGE_ALLOWED_LOCATIONS = ('s3://a/', 's3://b/')"
    )
    yield
    declaring.run("DROP INTEGRATION {db}_I")


def test_a_landing_zone_is_made_behind_its_format(declaring: Declaring) -> None:
    declaring.declare("""
databases:
  '{db}':
    schemas:
      S:
        stages: {LANDING: {directory: true, file_format: CSV_GZ}}
        file_formats: {CSV_GZ: {type: csv, skip_header: 1, compression: gzip}}
""")
    assert declaring.sql() == [
        declaring.fill("CREATE FILE FORMAT {db}.S.CSV_GZ TYPE = CSV COMPRESSION = GZIP SKIP_HEADER = 1"),
        declaring.fill("CREATE STAGE {db}.S.LANDING DIRECTORY = (ENABLE = TRUE) FILE_FORMAT = ")
        + declaring.fill("(FORMAT_NAME = '{db}.S.CSV_GZ')"),
    ]
    declaring.apply()


@pytest.mark.usefixtures("integration")
def test_a_bucket_behind_an_integration(declaring: Declaring) -> None:
    body = "{url: 's3://a/x/', storage_integration: '{db}_I', directory: true, file_format: {type: json}}"
    declaring.apply(STAGE + body)
    (statement,) = declaring.there_and_back(STAGE + body.replace("s3://a", "s3://b"))
    assert statement == declaring.fill("ALTER STAGE " + NAME + " SET URL = 's3://b/x/'")
    declaring.there_and_back(STAGE + body.replace("directory: true, ", ""))
    declaring.there_and_back(STAGE + body.replace("directory: true", "directory: {enable: true, auto_refresh: true}"))
    declaring.there_and_back(STAGE + "{url: 's3://a/x/', directory: true, file_format: {type: json}}")
    arn = "arn:aws:s3:us-west-2:1:accesspoint/p"
    declaring.there_and_back(STAGE + body.replace("{url", f"{{aws_access_point_arn: '{arn}', url"))


def test_credentials_are_written_and_never_told(declaring: Declaring) -> None:
    declaring.declare(STAGE + "{url: 's3://a/', credentials: " + SECRETS + "}")
    change = declaring.diff().changes[0]
    assert change.sql == (
        declaring.fill("CREATE STAGE " + NAME)
        + " URL = 's3://a/' CREDENTIALS = (AWS_KEY_ID = 'AKIA' AWS_SECRET_KEY = '<<snowmaker:secret:aws_key>>')",
    )
    declaring.apply()
    assert "hunter2" not in str(declaring.run("SELECT * FROM {db}.META.HISTORY"))


def test_credentials_come_and_go_by_a_replacement(declaring: Declaring) -> None:
    declaring.apply(STAGE + "{url: 's3://a/', comment: bare}")
    secret = STAGE + "{url: 's3://a/', comment: bare, credentials: " + SECRETS + "}"
    declaring.there_and_back(secret)
    declaring.apply(secret)
    declaring.apply(STAGE + "{url: 's3://b/', comment: bare, credentials: " + SECRETS + "}")
    declaring.declare(STAGE + "{url: 's3://a/', comment: bare}")
    change = declaring.diff().changes[0]
    assert change.action == "replace"
    assert change.warnings == (
        declaring.fill("the credentials of stage " + NAME + " cannot be read, and come back only as declared"),
    )
    assert "CREDENTIALS" not in "".join(change.undo)


def test_a_replaced_stage_gets_the_declared_credentials_back(declaring: Declaring) -> None:
    declaring.apply(STAGE + "{url: 's3compat://a/', endpoint: a.example.com, credentials: " + SECRETS + "}")
    declaring.declare(STAGE + "{url: 's3compat://a/', endpoint: b.example.com, credentials: " + SECRETS + "}")
    before = declaring.diff().changes
    assert "aws_key" in before[0].undo[0]
    declaring.apply()
    declaring.rollback()
    assert declaring.diff().changes == before


@pytest.mark.parametrize(
    ("url", "credentials", "asked"),
    [
        ("s3://a/", SECRETS, "aws_secret_key"),
        ("azure://a.blob.core.windows.net/b/", "{azure_sas_token: \"{{ secret('aws_key') }}\"}", "azure_sas_token"),
    ],
)
def test_an_import_asks_for_secrets(declaring: Declaring, url: str, credentials: str, asked: str) -> None:
    declaring.run("CREATE STAGE {db}.S.PLAIN")
    declaring.apply("stages:\n  '{db}.S.{db}_X': {url: '" + url + "', credentials: " + credentials + "}")
    assert f"{asked}: \"{{{{ secret('{asked}') }}}}\"" in declaring.imported("stages")


def test_a_key(declaring: Declaring) -> None:
    key = "{type: aws_cse, master_key: \"{{ secret('master') }}\"}"
    bare = "{url: 's3://a/', credentials: " + SECRETS
    declaring.apply(STAGE + bare + "}")
    (statement,) = declaring.there_and_back(STAGE + bare + ", encryption: " + key + "}")
    assert statement.endswith("SET ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = '<<snowmaker:secret:master>>')")
    declaring.apply(STAGE + bare + ", encryption: " + key + "}")
    declaring.apply(STAGE + bare + ", encryption: aws_sse_s3}")
    declaring.apply(STAGE + bare + ", encryption: {type: aws_sse_kms, kms_key_id: k}}")


def test_an_internal_stage_loses_its_files(declaring: Declaring) -> None:
    declaring.apply(STAGE + "{directory: true}")
    declaring.run("CREATE ROLE {db}_R", "GRANT READ, WRITE ON STAGE {db}.S.X TO ROLE {db}_R")
    declaring.declare(STAGE + "{directory: true, encryption: snowflake_sse}")
    (change,) = declaring.diff().changes
    assert (change.action, change.effect) == ("replace", "destructive")
    assert change.warnings == (declaring.fill("the files of stage " + NAME + " are lost"),)
    assert change.sql[1:] == (
        declaring.fill("GRANT READ ON STAGE " + NAME + " TO ROLE {db}_R"),
        declaring.fill("GRANT WRITE ON STAGE " + NAME + " TO ROLE {db}_R"),
    )
    declaring.there_and_back(STAGE + "{directory: true, encryption: snowflake_sse}")
    declaring.declare(STAGE + "{url: 's3://a/'}")
    assert declaring.diff().changes[0].action == "replace"
    declaring.run("DROP ROLE {db}_R")


def test_temporary_stages_are_nobodys() -> None:
    shown = {"name": "X", "database_name": "D", "schema_name": "S"}
    identity = kinds()["stages"].identity
    assert identity is not None
    assert identity({**shown, "type": "INTERNAL"}) == ("D", "S", "X")
    assert identity({**shown, "type": "INTERNAL TEMPORARY"}) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{storage_integration: I}", "an internal stage has no storage_integration"),
        ("{url: 'ftp://a'}", "a url begins with"),
        ("{url: 's3://a', storage_integration: I, credentials: {aws_role: r}}", "stands in place of credentials"),
        ("{url: 's3://a', credentials: {azure_sas_token: \"{{ secret('a') }}\"}}", "opens no AWS location"),
        ("{url: 's3://a', credentials: {aws_role: r, aws_key_id: k}}", "aws_role is the only one"),
        ("{url: 's3://a', credentials: {aws_secret_key: plain}}", "aws_secret_key, which is a secret"),
        ("{url: 's3://a', credentials: {aws_key: k}}", "has no aws_key; did you mean aws_key_id"),
        ("{url: 's3compat://a'}", "endpoint is said of a url of s3compat"),
        ("{url: 's3://a', encryption: azure_cse}", "encryption of a stage of AWS is"),
        ("{encryption: aws_cse}", "encryption of a stage that is internal is SNOWFLAKE_FULL, SNOWFLAKE_SSE"),
        ("{directory: {auto_refresh: true}}", "needs enable"),
        ("{directory: {enable: true, aws_sns_topic: t}}", "its directory has no aws_sns_topic"),
        ("{file_format: {type: json, skip_header: 1}}", "a JSON format has no skip_header"),
        ("{file_format: {format_name: F, type: csv}}", "is either format_name or options"),
        ("{file_formats: F}", "is no property of a stage|did you mean file_format"),
    ],
)
def test_bad_input(declaring: Declaring, body: str, said: str) -> None:
    declaring.declare(STAGE + body)
    with pytest.raises(SourceError, match=said) as caught:
        declaring.diff()
    assert caught.value.line == 2
