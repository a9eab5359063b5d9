"""Sequences go on where they were."""

from __future__ import annotations

import pytest

from snowmaker.errors import SourceError

from .conftest import Declaring

SEQUENCE = "sequences:\n  '{db}.S.X': "


def test_made_again_it_goes_on_where_it_was(declaring: Declaring) -> None:
    declaring.apply(SEQUENCE + "{start: 10, ordered: false}")
    declaring.run("CREATE ROLE {db}_R", "GRANT USAGE ON SEQUENCE {db}.S.X TO ROLE {db}_R", "SELECT {db}.S.X.NEXTVAL")
    declaring.declare(SEQUENCE + "{start: 10, ordered: true, comment: now}")
    (change,) = declaring.diff().changes
    assert (change.action, change.effect) == ("replace", "destructive")
    assert change.sql == tuple(
        map(
            declaring.fill,
            (
                "CREATE OR REPLACE SEQUENCE {db}.S.X START = 11 ORDER COMMENT = 'now'",
                "GRANT USAGE ON SEQUENCE {db}.S.X TO ROLE {db}_R",
            ),
        )
    )
    assert change.undo == (
        declaring.fill("ALTER SEQUENCE {db}.S.X UNSET COMMENT"),
        declaring.fill("ALTER SEQUENCE {db}.S.X SET NOORDER"),
    )
    declaring.apply()
    assert declaring.run("SELECT {db}.S.X.NEXTVAL AS N") == [{"n": 11}]
    declaring.rollback()
    assert declaring.run("SELECT {db}.S.X.NEXTVAL AS N") == [{"n": 12}]
    declaring.run("DROP ROLE {db}_R")


def test_a_dropped_one_comes_back_where_it_was(declaring: Declaring) -> None:
    declaring.apply(SEQUENCE + "{start: 10}")
    declaring.run("SELECT {db}.S.X.NEXTVAL")
    declaring.apply("databases: {'{db}': {schemas: {S: {sequences: {prune: true}}}}}")
    declaring.rollback()
    assert declaring.run("SELECT {db}.S.X.NEXTVAL AS N") == [{"n": 11}]


def test_a_step_of_nothing_is_refused(declaring: Declaring) -> None:
    declaring.declare(SEQUENCE + "{increment: 0}")
    with pytest.raises(SourceError, match=r"x.yml:2: increment of sequence .* is a whole number, and not 0"):
        declaring.diff()
