"""Masking and row access policies, and what they are set on."""

from __future__ import annotations

import pytest

from snowmaker.errors import SourceError

from .conftest import Declaring

POLICY = "masking_policies:\n  '{db}.S.MASK': "
TABLE = "\ntables:\n  '{db}.S.T': {columns: {V: {type: varchar, masking_policy: MASK}}}\n"


def test_a_body_is_altered_where_the_policy_is(declaring: Declaring) -> None:
    declaring.apply(POLICY + "{signature: {V: varchar}, body: V}" + TABLE)
    assert declaring.there_and_back(POLICY + "{signature: {V: varchar}, body: '''*'''}" + TABLE) == [
        declaring.fill("ALTER MASKING POLICY {db}.S.MASK SET BODY -> '*'")
    ]


def test_one_that_is_set_gets_no_other_signature(declaring: Declaring) -> None:
    declaring.apply(POLICY + "{signature: {V: varchar}, body: V}" + TABLE)
    declaring.declare(POLICY + "{signature: {V: varchar, N: number}, body: V}" + TABLE)
    with pytest.raises(SourceError, match=r"MASK is set on \S+\.S\.T\.V, and cannot get another signature"):
        declaring.diff()


def test_a_replaced_one_keeps_its_privileges(declaring: Declaring) -> None:
    declaring.apply(POLICY + "{signature: {V: varchar}, body: V}")
    declaring.run("CREATE ROLE {db}_R", "GRANT APPLY ON MASKING POLICY {db}.S.MASK TO ROLE {db}_R")
    statements = declaring.there_and_back(POLICY + "{signature: {V: number}, body: V, comment: now}")
    assert statements == [
        declaring.fill(
            "CREATE OR REPLACE MASKING POLICY {db}.S.MASK AS (V NUMBER(38,0)) RETURNS NUMBER(38,0) -> V COMMENT = 'now'"
        ),
        declaring.fill("GRANT APPLY ON MASKING POLICY {db}.S.MASK TO ROLE {db}_R"),
    ]
    declaring.run("DROP ROLE {db}_R")


def test_each_is_made_before_what_it_is_set_on(declaring: Declaring) -> None:
    declaring.declare(
        TABLE.replace("MASK}}", "MASK}}, row_access_policy: {policy: ROWS_OF, on: [V]}")
        + POLICY
        + "{signature: {V: varchar}, body: V}\n"
        + "row_access_policies:\n  '{db}.S.ROWS_OF': {signature: {V: varchar}, body: V in (select R from WHO)}\n"
        + "tags:\n  '{db}.S.A_TAG': {masking_policies: [MASK]}\n"
    )
    declaring.run("CREATE TABLE {db}.S.WHO (R VARCHAR)")
    names = [change.target.rpartition(".")[2] for change in declaring.diff().changes]
    assert names.index("MASK") < min(names.index("T"), names.index("A_TAG"))
    assert names.index("ROWS_OF") < names.index("T")
    declaring.apply()
    declaring.rollback()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{signature: {}, body: V}", "begins with what is masked"),
        ("{signature: {V: varchar}, returns: number, body: V}", "returns the type of what is masked"),
        ("{signature: {V: vachar}, body: V}", "did you mean"),
        ("{signature: {V: varchar default 'x'}, body: V}", "is not a data type"),
        ("{signature: {V: varchar, v: varchar}, body: V}", "twice"),
        ("{signature: {V: varchar}}", "needs body"),
    ],
)
def test_refused(declaring: Declaring, body: str, text: str) -> None:
    declaring.declare(POLICY + body)
    with pytest.raises(SourceError, match=text):
        declaring.diff()
