"""Pipes: what is lost when one is made again, and who may resume it."""

from __future__ import annotations

import pytest

from snowmaker.components import kinds
from snowmaker.components.base import Row
from snowmaker.components.rows import component, name_of
from snowmaker.errors import SourceError

from .conftest import Declaring

NEEDS = ("CREATE TABLE {db}.S.T (ID NUMBER)", "CREATE STAGE {db}.S.LANDING")


def one(body: str) -> str:
    return f"pipes:\n  '{{db}}.S.X': {{copy: copy into T from @LANDING{body}}}\n"


def test_one_that_is_made_again_rests_before(declaring: Declaring) -> None:
    declaring.run(*NEEDS)
    declaring.apply(one(""))
    declaring.run("GRANT MONITOR ON PIPE {db}.S.X TO ROLE PUBLIC")
    declaring.declare(one("/new"))
    pause, change, resume = declaring.diff().changes
    name = declaring.fill("{db}.S.X")
    assert pause.sql == (f"ALTER PIPE {name} SET PIPE_EXECUTION_PAUSED = TRUE",)
    assert (change.action, change.effect) == ("replace", "destructive")
    assert "loses its load history" in change.warnings[0]
    assert resume.sql == (f"SELECT SYSTEM$PIPE_FORCE_RESUME('{name}')",)
    declaring.there_and_back(one("/new"))
    grants = declaring.run("SHOW GRANTS ON PIPE {db}.S.X")
    assert {row["privilege"] for row in grants} == {"OWNERSHIP", "MONITOR"}


def paused(declaring: Declaring) -> bool:
    ((status,),) = (row.values() for row in declaring.run("SELECT SYSTEM$PIPE_STATUS('{db}.S.X')"))
    return '"PAUSED"' in status


def test_one_that_is_paused_stays_so(declaring: Declaring) -> None:
    declaring.run(*NEEDS)
    declaring.apply(one(", paused: true"))
    assert paused(declaring)
    declaring.there_and_back(one("/new, paused: true"))
    declaring.there_and_back(one("/new"))
    assert paused(declaring), "nothing is said: it is as it was"
    declaring.apply(one("/new"))
    assert paused(declaring)
    declaring.run("GRANT USAGE ON DATABASE {db} TO ROLE SYSADMIN", "GRANT USAGE ON SCHEMA {db}.S TO ROLE SYSADMIN")
    declaring.there_and_back(one("/new, owner: SYSADMIN"))
    assert paused(declaring)
    declaring.there_and_back(one("/new, paused: false"))
    assert paused(declaring)


def test_another_owner_has_to_resume_it(declaring: Declaring) -> None:
    declaring.run(*NEEDS)
    declaring.run("GRANT USAGE ON DATABASE {db} TO ROLE SYSADMIN", "GRANT USAGE ON SCHEMA {db}.S TO ROLE SYSADMIN")
    declaring.apply(one(""))
    found = [text.split()[0:2] for text in declaring.there_and_back(one(", owner: SYSADMIN"))]
    assert [words[0] for words in found] == ["ALTER", "GRANT", "SELECT"]
    assert not paused(declaring)


def test_it_comes_behind_what_it_names(declaring: Declaring) -> None:
    declaring.declare(
        """
databases:
  '{db}':
    schemas:
      S:
        tables: {Z: {columns: {ID: number}}}
        stages: {Y: {}}
        file_formats: {X: {type: csv}}
        pipes: {A: {copy: "copy into Z from @Y file_format = (format_name = 'X')"}}
"""
    )
    assert [change.kind for change in declaring.diff().changes][-1] == "pipe"
    declaring.apply()
    declaring.rollback()


def test_events_elsewhere(declaring: Declaring) -> None:
    declaring.run(
        NEEDS[0],
        "CREATE STAGE {db}.S.LANDING URL = 'gcs://bucket/x/'",
        "CREATE STAGE {db}.S.S3 URL = 's3://bucket/x/'",
        *(
            f"CREATE NOTIFICATION INTEGRATION {{db}}_{name} TYPE = QUEUE ENABLED = TRUE NOTIFICATION_PROVIDER = GCP_PUBSUB"
            f" GCP_PUBSUB_SUBSCRIPTION_NAME = 'projects/p/subscriptions/{name}'"
            for name in "AB"
        ),
    )
    declaring.apply(one(", auto_ingest: true, integration: '{db}_A'"))
    statements = declaring.there_and_back(one(", auto_ingest: true, integration: '{db}_B'"))
    assert declaring.fill("INTEGRATION = '{db}_B'") in statements[1]
    topic = ", auto_ingest: true, aws_sns_topic: 'arn:aws:sns:us-east-1:123456789012:x'"
    declaring.apply(one(topic).replace("@LANDING", "@S3"))
    declaring.run("DROP INTEGRATION {db}_A", "DROP INTEGRATION {db}_B")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [(", integration: I", "auto_ingest: true"), (", auto_ingest: true, integration: I, aws_sns_topic: a", "Amazon")],
)
def test_what_cannot_be(declaring: Declaring, body: str, wrong: str) -> None:
    declaring.declare(one(body))
    with pytest.raises(SourceError, match=wrong):
        declaring.diff()


def test_what_snowflake_makes_is_its_own() -> None:
    kind = kinds()["pipes"]
    shown = {"database_name": "D", "schema_name": "S", "name": "T-STREAMING", "is_snowflake_managed": "true"}
    assert name_of(kind, shown) is None
    assert name_of(kind, {**shown, "is_snowflake_managed": "false"}) == ("D", "S", "T-STREAMING")
    assert component(kind, ("D", "S", "X"), Row({**shown, "definition": "copy into T from @S -- c\n;"})).values == {
        "copy": "copy into T from @S"
    }
