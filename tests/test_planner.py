"""The planner: what runs, in which order, and what is refused. Pure, so no account is needed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from snowmaker import sql
from snowmaker.errors import SourceError, UsageError
from snowmaker.ledger import REPAIRED, Ledger, statuses
from snowmaker.model import Applied, Directives, Plan, Script, Source, plan_from_json
from snowmaker.planner import plan_migrate, refuse_history_containers
from snowmaker.rollback import Target, plan_rollback

KINDS = {"V": "versioned", "R": "repeatable", "A": "always"}


@dataclass(frozen=True)
class Strict:
    """The default policies."""

    out_of_order: str = "error"
    changed: str = "error"
    missing: str = "warn"
    rollback: str = "required"
    destructive: str = "confirm"


STRICT = Strict()


def source(script, text="CREATE VIEW A AS SELECT 1", undo="DROP VIEW A", **directives):
    letter = script[0]
    version = script[1:].split("__")[0] if letter == "V" else ""
    rollback = source("R__undo.sql", undo, None) if undo else None
    return Source(
        script,
        KINDS[letter],
        version,
        "",
        f"migrations/{script}",
        text,
        f"s:{text}",
        Directives(**directives),
        rollback,
    )


def render(item):
    undo = render(item.undo) if item.undo else None
    return Script(
        item.script,
        item.kind,
        item.version,
        item.description,
        item.path,
        item.text,
        f"c:{item.text}",
        item.source_checksum,
        sql.split(item.text, item.path),
        item.directives,
        (),
        undo,
    )


def row(item, seq, **changes):
    made = Applied(
        script=item.script,
        script_type=item.script[0],
        version=item.version,
        description="",
        checksum=f"c:{item.text}",
        status="Success",
        installed_by="ME",
        installed_on=datetime(2026, 1, 1, tzinfo=UTC),
        execution_time=0,
        seq=seq,
        source_checksum=item.source_checksum,
        statements=1,
        statements_done=1,
    )
    return replace(made, **changes)


def plan(sources, rows=(), policy=STRICT, **options):
    return plan_migrate(sources, Ledger.of(rows), render, "dev", policy, **options)


def scripts(value: Plan):
    return [step.script for step in value.steps]


def states(sources, rows=()):
    return {status.script: status.state for status in statuses(sources, Ledger.of(rows), render, "dev")}


ONE, TWO, THREE = source("V1__a.sql"), source("V2__b.sql"), source("V3__c.sql")
VIEW = source("R__view.sql", "CREATE OR REPLACE VIEW S.V AS SELECT 1")
ALWAYS = source("A__always.sql", "SELECT 1", None)


def test_everything_pending_runs_in_order():
    assert scripts(plan([ONE, TWO, VIEW, ALWAYS])) == [
        "V1__a.sql",
        "V2__b.sql",
        "R__view.sql",
        "A__always.sql",
    ]


def test_what_is_applied_does_not_run_again():
    rows = [row(ONE, 1), row(VIEW, 2), row(ALWAYS, 3)]
    assert scripts(plan([ONE, TWO, VIEW, ALWAYS], rows)) == ["V2__b.sql", "A__always.sql"]
    assert states([ONE, VIEW, ALWAYS], rows) == {s.script: "applied" for s in (ONE, VIEW, ALWAYS)}


def test_a_repeatable_runs_again_when_its_rendered_text_changes():
    later = replace(VIEW, text="CREATE OR REPLACE VIEW S.V AS SELECT 2")
    assert scripts(plan([later], [row(VIEW, 1)])) == ["R__view.sql"]


def test_an_edited_versioned_script_is_refused_or_only_warned_of():
    edited = replace(ONE, text="SELECT 2", source_checksum="s:other")
    refused = plan([edited], [row(ONE, 1)])
    assert [refusal[0] for refusal in refused.refusals] == ["changed"]
    warned = plan([edited], [row(ONE, 1)], Strict(changed="warn"))
    assert not warned.refusals
    assert "edited" in warned.warnings[0]


def test_an_adopted_row_is_compared_by_its_rendered_text_and_only_warns():
    adopted = row(ONE, None, source_checksum="", checksum="c:something else")
    value = plan([ONE], [adopted])
    assert not value.refusals
    assert "rendered text differs" in value.warnings[0]


def test_a_variable_does_not_count_as_an_edit():
    assert not plan([ONE], [row(ONE, 1, checksum="c:rendered otherwise")]).refusals


def test_a_script_older_than_what_ran_is_an_error_until_allowed():
    rows = [row(TWO, 1)]
    assert states([ONE, TWO], rows)["V1__a.sql"] == "out_of_order"
    assert [refusal[0] for refusal in plan([ONE, TWO], rows).refusals] == ["out_of_order"]
    allowed = plan([ONE, TWO], rows, Strict(out_of_order="allow"))
    assert (scripts(allowed), allowed.refusals) == (["V1__a.sql"], ())


def test_a_rolled_back_script_is_pending_and_never_out_of_order():
    undone = row(ONE, 3, script_type="U")
    assert states([ONE, TWO], [row(ONE, 1), row(TWO, 2), undone])["V1__a.sql"] == "rolled_back"
    assert not plan([ONE, TWO], [row(ONE, 1), row(TWO, 2), undone]).refusals


def test_a_missing_file_warns_or_is_refused():
    assert plan([], [row(ONE, 1)]).warnings
    assert plan([], [row(ONE, 1)], Strict(missing="error")).refusals
    assert states([], [row(ONE, 1)]) == {"V1__a.sql": "missing"}


def test_applies_of_components_are_never_missing():
    assert states([], [row(ONE, 1, script="apply", script_type="C")]) == {"apply": "applied"}


def test_without_a_rollback_a_pending_script_is_refused_unless_irreversible():
    bare = source("V1__a.sql", undo=None)
    assert [refusal[0] for refusal in plan([bare]).refusals] == ["rollback"]
    assert not plan([source("V1__a.sql", undo=None, irreversible=True)]).refusals
    assert not plan([bare], [row(bare, 1)]).refusals
    assert not plan([bare], policy=Strict(rollback="optional")).refusals
    assert not plan([ALWAYS]).refusals


def test_a_repeatable_with_an_earlier_text_has_that_as_its_rollback():
    bare = source("R__view.sql", "CREATE OR REPLACE VIEW S.V AS SELECT 2", None)
    earlier = plan([bare], [row(VIEW, 1)], earlier_text=lambda applied: VIEW.text)
    assert not earlier.refusals
    assert earlier.steps[0].undo[0].text == VIEW.text


def test_destructive_scripts_can_be_forbidden():
    dropping = source("V1__a.sql", "DROP TABLE T", "SELECT 1")
    assert plan([dropping]).steps[0].destructive == "yes"
    assert [refusal[0] for refusal in plan([dropping], policy=Strict(destructive="forbid")).refusals] == ["destructive"]


def test_ddl_in_a_transaction_is_refused_up_front():
    inside = source("V1__a.sql", "CREATE TABLE T (A INT)", transaction=True)
    assert [refusal[0] for refusal in plan([inside]).refusals] == ["transaction"]


def test_only_some_environments():
    elsewhere = source("V1__a.sql", only=("prod",))
    assert states([elsewhere]) == {"V1__a.sql": "ignored"}
    assert scripts(plan([elsewhere])) == []


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("1", ["V1__a.sql"]),
        ("+2", ["V1__a.sql", "V2__b.sql"]),
        ("3", ["V1__a.sql", "V2__b.sql", "V3__c.sql", "R__view.sql"]),
        ("+9", ["V1__a.sql", "V2__b.sql", "V3__c.sql", "R__view.sql"]),
        ("03", ["V1__a.sql", "V2__b.sql", "V3__c.sql", "R__view.sql"]),
    ],
)
def test_to_stops_there_and_repeatables_wait_for_the_last(to, expected):
    assert scripts(plan([ONE, TWO, THREE, VIEW], to=to)) == expected


@pytest.mark.parametrize("to", ["9", "+0", "+x", "+"])
def test_a_target_that_makes_no_sense(to):
    with pytest.raises(UsageError):
        plan([ONE], to=to)


def test_views_run_after_the_views_they_read():
    last = source("R__a.sql", "CREATE OR REPLACE VIEW S.A AS SELECT * FROM S.B")
    first = source("R__b.sql", "CREATE OR REPLACE VIEW S.B AS SELECT 1")
    assert scripts(plan([last, first])) == ["R__b.sql", "R__a.sql"]


def test_a_name_in_a_comment_or_string_is_no_dependency():
    first = source("R__a.sql", "CREATE OR REPLACE VIEW S.A AS SELECT 'S.B' X -- S.B")
    second = source("R__b.sql", "CREATE OR REPLACE VIEW S.B AS SELECT * FROM S.A")
    assert scripts(plan([first, second])) == ["R__a.sql", "R__b.sql"]


def test_depends_adds_to_what_the_scan_finds():
    last = source("R__a.sql", "CREATE OR REPLACE VIEW S.A AS SELECT 1", depends=("R__b",))
    first = source("R__b.sql", "CREATE OR REPLACE VIEW S.B AS SELECT 1")
    assert scripts(plan([last, first])) == ["R__b.sql", "R__a.sql"]


def test_a_circle_names_its_members():
    a = source("R__a.sql", "CREATE OR REPLACE VIEW S.A AS SELECT * FROM S.B")
    b = source("R__b.sql", "CREATE OR REPLACE VIEW S.B AS SELECT * FROM S.A")
    with pytest.raises(SourceError) as caught:
        plan([a, b, VIEW])
    assert "R__a.sql" in caught.value.message
    assert "R__b.sql" in caught.value.message
    assert "R__view.sql" not in caught.value.message


def test_depends_on_nothing_known():
    with pytest.raises(SourceError, match="no such script"):
        plan([source("R__a.sql", depends=("R__zz",))])


def test_a_dependency_that_would_come_later_is_refused():
    value = plan([source("V1__a.sql", depends=("V2__b",)), TWO])
    assert [refusal[0] for refusal in value.refusals] == ["depends"]


def test_a_half_run_script_is_in_the_way():
    failed = row(ONE, 1, status="Failed", statements=3, statements_done=2, error="boom")
    assert [refusal[0] for refusal in plan([ONE, TWO], [failed]).refusals] == ["failed"]


def test_a_script_that_failed_at_its_first_statement_just_runs_again():
    failed = row(ONE, 1, status="Failed", statements=3, statements_done=0, error="boom")
    value = plan([ONE], [failed])
    assert (value.refusals, value.steps[0].action) == ((), "rerun")


def test_a_repaired_script_resumes():
    three = source("V1__a.sql", "SELECT 1; SELECT 2; SELECT 3")
    repaired = row(three, 1, status="Failed", statements=3, statements_done=2, error=f"{REPAIRED}2")
    corrected = replace(three, text="SELECT 1; SELECT 2; SELECT 4")
    step = plan([corrected], [repaired], earlier_text=lambda applied: three.text).steps[0]
    assert (step.action, step.start) == ("resume", 2)


def test_a_resume_over_edited_statements_is_refused():
    three = source("V1__a.sql", "SELECT 1; SELECT 2")
    repaired = row(three, 1, status="Failed", statements=2, statements_done=1, error=f"{REPAIRED}1")
    edited = replace(three, text="SELECT 9; SELECT 2")
    with pytest.raises(SourceError, match="no longer what ran"):
        plan([edited], [repaired], earlier_text=lambda applied: three.text)


def test_a_baseline_ignores_what_is_at_or_below_it():
    baseline = row(ONE, 1, script="baseline 2", script_type="B", version="2")
    assert states([ONE, TWO, THREE, VIEW], [baseline]) == {
        "V1__a.sql": "ignored",
        "V2__b.sql": "ignored",
        "V3__c.sql": "pending",
        "R__view.sql": "pending",
    }


# rollback

STORED = {1: ("SELECT 1", "DROP VIEW A"), 2: ("SELECT 2", "DROP VIEW B"), 3: (VIEW.text, "DROP VIEW S.V")}


def undo(rows, files=(), from_files=False, stored=STORED, **target):
    named = {item.script.lower(): (lambda item=item: render(item)) for item in files}
    return plan_rollback(
        Ledger.of(rows),
        "dev",
        Target(**target),
        lambda wanted: {r.seq: stored[r.seq] for r in wanted if r.seq in stored},
        named,
        lambda text: Directives(role="R" if "role=R" in text else ""),
        from_files=from_files,
    )


def test_rollback_takes_back_the_last_first():
    assert scripts(undo([row(ONE, 1), row(TWO, 2)], to="0")) == ["V2__b.sql", "V1__a.sql"]
    assert scripts(undo([row(ONE, 1), row(TWO, 2)])) == ["V2__b.sql"]
    assert scripts(undo([row(ONE, 1), row(TWO, 2)], to="1")) == ["V2__b.sql"]
    assert scripts(undo([row(ONE, 1), row(TWO, 2)], to="2")) == []


def test_repeatables_that_ran_later_go_back_along():
    value = undo([row(ONE, 1), row(TWO, 2), row(VIEW, 3), row(ALWAYS, 4)], steps=1)
    assert scripts(value) == ["R__view.sql", "V2__b.sql"]
    assert [skipped.script for skipped in value.skipped] == ["A__always.sql"]


def test_a_repeatable_goes_back_to_the_text_that_ran_before():
    rows = [row(VIEW, 1), row(TWO, 2), row(VIEW, 3)]
    step = undo(rows, stored={**STORED, 1: ("CREATE VIEW OLD AS SELECT 1", None)}, steps=1).steps[0]
    assert step.statements[0].text == "CREATE VIEW OLD AS SELECT 1"


def test_nothing_to_go_back_to_is_refused():
    value = undo([row(ONE, 1)], stored={1: ("SELECT 1", None)}, to="0")
    assert [refusal[0] for refusal in value.refusals] == ["irreversible"]


def test_the_stored_undo_wins_over_the_file_with_a_warning():
    value = undo([row(ONE, 1)], files=[source("V1__a.sql", undo="DROP VIEW OTHER")])
    assert value.steps[0].statements[0].text == "DROP VIEW A"
    assert "differ" in value.warnings[0]
    turned = undo([row(ONE, 1)], files=[source("V1__a.sql", undo="DROP VIEW OTHER")], from_files=True)
    assert turned.steps[0].statements[0].text == "DROP VIEW OTHER"


def test_an_adopted_row_is_rolled_back_by_its_file():
    value = undo([row(ONE, None)], files=[ONE], stored={})
    assert (scripts(value), len(value.warnings)) == (["V1__a.sql"], 1)


def test_a_rollback_runs_as_its_script_did():
    assert undo([row(ONE, 1)], stored={1: ("-- snowmaker: role=R", "DROP VIEW A")}).steps[0].directives.role == "R"


def test_a_failed_rollback_can_be_tried_again():
    failed = row(ONE, 2, script_type="U", status="Failed", statements_done=1)
    assert scripts(undo([row(ONE, 1), failed])) == ["V1__a.sql"]


def test_a_half_run_script_can_be_rolled_back():
    assert scripts(undo([row(ONE, 1, status="Failed", statements_done=1)])) == ["V1__a.sql"]


@pytest.mark.parametrize("target", [{"to": "7"}, {"run": "nope"}, {"steps": 0}])
def test_rollback_targets_that_are_not_there(target):
    with pytest.raises(UsageError):
        undo([row(ONE, 1)], **target)


# the plan as a value


@pytest.mark.parametrize(
    "text",
    [
        "DROP DATABASE METADATA",
        'CREATE OR REPLACE SCHEMA "METADATA".SNOWMAKER',
        "ALTER TABLE METADATA.SNOWMAKER.CHANGE_HISTORY RENAME TO X.Y.Z",
        "ALTER SCHEMA SNOWMAKER RENAME TO ELSEWHERE",
    ],
)
def test_the_history_is_out_of_bounds(text):
    value = refuse_history_containers(plan([source("V1__a.sql", text)]), ("METADATA", "SNOWMAKER", "CHANGE_HISTORY"))
    assert "history" in [refusal[0] for refusal in value.refusals]


def test_a_plan_survives_json():
    value = plan([ONE, source("V2__b.sql", "DROP TABLE T; CALL P()", role="R", only=("dev",)), VIEW, ALWAYS])
    assert plan_from_json(value.to_json()) == value


@pytest.mark.parametrize("data", [{}, {"format": 2}, {"format": 1}, {"format": 1, "environment": "x", "steps": [{}]}])
def test_what_is_not_a_plan_is_told_so(data):
    with pytest.raises(ValueError, match="plan"):
        plan_from_json(data)
