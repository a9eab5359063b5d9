"""Tasks: graphs that are suspended and resumed around a change, and what their bodies name."""

from __future__ import annotations

import pytest

from snowmaker.components.bodies import named_in
from snowmaker.errors import SourceError, StatementError

from .conftest import Declaring

GRAPH = """
databases:
  '{db}':
    schemas:
      S:
        tasks:
          ROOT: {schedule: 60 minutes, sql: select 1, state: started}
          MIDDLE: {after: [ROOT], sql: select 2, state: started}
          LEAF: {after: [MIDDLE], sql: select 3, state: started}
          LAST: {finalize: ROOT, sql: select 4, state: started}
"""
ALL = "started started started started"


def states(declaring: Declaring) -> str:
    rows = declaring.run("SHOW TASKS IN SCHEMA {db}.S")
    found = {row["name"]: row["state"] for row in rows}
    return " ".join(found.get(name, "none") for name in ("ROOT", "MIDDLE", "LEAF", "LAST"))


def words(declaring: Declaring, statements: list[str]) -> list[str]:
    return [text.replace(f" TASK {declaring.database}.S.", " ") for text in statements]


@pytest.fixture
def graph(declaring: Declaring) -> Declaring:
    declaring.apply(GRAPH)
    assert states(declaring) == ALL
    return declaring


def test_a_new_graph_runs_from_its_end(declaring: Declaring) -> None:
    declaring.declare(GRAPH)
    assert words(declaring, declaring.sql())[-4:] == [
        *("ALTER LEAF RESUME", "ALTER LAST RESUME", "ALTER MIDDLE RESUME", "ALTER ROOT RESUME"),
    ]
    declaring.apply()
    declaring.rollback()
    assert states(declaring) == "none none none none"


def test_the_root_rests_while_a_child_changes(graph: Declaring) -> None:
    found = graph.there_and_back(GRAPH.replace("select 3", "select 5"))
    assert words(graph, found) == ["ALTER ROOT SUSPEND", "ALTER LEAF MODIFY AS select 5", "ALTER ROOT RESUME"]
    assert states(graph) == ALL


def test_it_rests_once_for_all(graph: Declaring) -> None:
    text = GRAPH.replace("select", "select 0 +").replace("60 minutes", "2 hours")
    found = words(graph, graph.there_and_back(text))
    assert (found[0], found[-1]) == ("ALTER ROOT SUSPEND", "ALTER ROOT RESUME")
    assert sum("SUSPEND" in one or "RESUME" in one for one in found) == 2
    assert states(graph) == ALL


def test_a_task_that_joins(graph: Declaring) -> None:
    text = GRAPH + "          MORE: {after: [MIDDLE, LEAF], sql: select 5, state: started}\n"
    found = words(graph, graph.there_and_back(text))
    assert found[0] == "ALTER ROOT SUSPEND"
    assert found[2:] == ["ALTER MORE RESUME", "ALTER ROOT RESUME"]
    assert states(graph) == ALL


def test_one_that_gets_another_place(graph: Declaring) -> None:
    statements = words(graph, graph.there_and_back(GRAPH.replace("[MIDDLE]", "[ROOT]")))
    found = [text.replace(graph.database, "{db}") for text in statements]
    assert found == [
        *("ALTER ROOT SUSPEND", "ALTER LEAF SUSPEND"),
        *("ALTER LEAF REMOVE AFTER {db}.S.MIDDLE", "ALTER LEAF ADD AFTER {db}.S.ROOT"),
        *("ALTER LEAF RESUME", "ALTER ROOT RESUME"),
    ]
    assert states(graph) == ALL


def test_a_child_that_becomes_a_root_and_back(graph: Declaring) -> None:
    graph.there_and_back(GRAPH.replace("after: [MIDDLE]", "schedule: 5 minutes"))
    assert states(graph) == ALL
    graph.apply(GRAPH.replace("after: [MIDDLE]", "schedule: 5 minutes, overlap_policy: allow_all_overlap"))
    graph.there_and_back(GRAPH)
    assert states(graph) == ALL


def test_the_finalizer_becomes_a_child(graph: Declaring) -> None:
    graph.there_and_back(GRAPH.replace("finalize: ROOT", "after: [LEAF]"))
    assert states(graph) == ALL


def test_two_that_change_places(graph: Declaring) -> None:
    text = GRAPH.replace("MIDDLE: {after: [ROOT]", "MIDDLE: {after: [LEAF]").replace(
        "LEAF: {after: [MIDDLE]", "LEAF: {after: [ROOT]"
    )
    graph.there_and_back(text)
    assert states(graph) == ALL


def test_what_is_dropped_comes_back_started(graph: Declaring) -> None:
    lines = GRAPH.splitlines(keepends=True)
    pruned = "".join([*lines[:5], "        prune: [tasks]\n", *lines[5:8]])
    found = words(graph, graph.there_and_back(pruned))
    assert found[:3] == ["ALTER ROOT SUSPEND", "ALTER LAST SUSPEND", "ALTER LEAF SUSPEND"]
    assert found[-1] == "ALTER ROOT RESUME"
    assert states(graph) == ALL


def test_the_graph_of_others(declaring: Declaring) -> None:
    """A root that nobody declares rests too, and only as long as it has to."""
    declaring.run(
        "CREATE TASK {db}.S.ROOT SCHEDULE = '60 MINUTES' AS SELECT 1",
        "CREATE TASK {db}.S.MIDDLE AFTER {db}.S.ROOT AS SELECT 2",
        "ALTER TASK {db}.S.ROOT RESUME",
    )
    own = "tasks:\n  '{db}.S.LEAF': {after: [MIDDLE], sql: select 3}\n"
    found = words(declaring, declaring.there_and_back(own))
    assert (found[0], found[-1]) == ("ALTER ROOT SUSPEND", "ALTER ROOT RESUME")
    assert states(declaring) == "started suspended none none"


def test_whether_it_runs_may_be_left_to_others(graph: Declaring) -> None:
    text = GRAPH.replace("state: started}", "ignore: [state]}")
    graph.declare(text)
    assert graph.diff().changes == ()
    graph.there_and_back(text.replace("select 2", "select 5"))
    assert states(graph) == ALL


def test_a_state_alone(graph: Declaring) -> None:
    found = words(graph, graph.there_and_back(GRAPH.replace("select 3, state: started", "select 3")))
    assert found == ["ALTER ROOT SUSPEND", "ALTER LEAF SUSPEND", "ALTER ROOT RESUME"]
    graph.there_and_back(GRAPH.replace("select 1, state: started", "select 1, state: suspended"))
    assert states(graph) == ALL


def test_a_schema_that_gets_another_name(graph: Declaring) -> None:
    text = GRAPH.replace("      S:\n", "      T:\n        renamed_from: S\n").replace("select 3", "select 5")
    graph.there_and_back(text)
    assert states(graph) == ALL


def test_a_graph_that_gets_another_owner(graph: Declaring) -> None:
    """Handed over one by one, tasks lose each other."""
    graph.run(
        "GRANT EXECUTE MANAGED TASK, EXECUTE TASK ON ACCOUNT TO ROLE SYSADMIN",
        "GRANT USAGE ON DATABASE {db} TO ROLE SYSADMIN",
        "GRANT USAGE ON SCHEMA {db}.S TO ROLE SYSADMIN",
    )
    owned = GRAPH.replace("state: started", "state: started, owner: SYSADMIN")
    found = words(graph, graph.there_and_back(owned))
    assert found[:4] == ["ALTER ROOT SUSPEND", "ALTER LAST SUSPEND", "ALTER MIDDLE SUSPEND", "ALTER LEAF SUSPEND"]
    assert found[-4:] == ["ALTER LEAF RESUME", "ALTER LAST RESUME", "ALTER MIDDLE RESUME", "ALTER ROOT RESUME"]
    assert [text.split()[0] for text in found[4:-4]] == [*["ALTER"] * 3, *["GRANT"] * 4, *["ALTER"] * 3]
    assert states(graph) == ALL
    graph.rollback()
    graph.apply(owned)
    assert states(graph) == ALL


def test_serverless(declaring: Declaring) -> None:
    first = "tasks:\n  '{db}.S.X': {schedule: 60 minutes, sql: select 1, state: started%s}\n"
    declaring.apply(first % ", user_task_managed_initial_warehouse_size: small")
    sizes = ", serverless_task_min_statement_size: xsmall, serverless_task_max_statement_size: large"
    for more in ("", ", user_task_managed_initial_warehouse_size: large", sizes, ", warehouse: COMPUTE_WH"):
        declaring.there_and_back(first % f"{more}")
    declaring.there_and_back(first % f"{sizes}, target_completion_interval: 10 minutes")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("after: [X], finalize: Y, sql: select 1", "both after and finalize"),
        ("after: [X], schedule: 5 minutes, sql: select 1", "so no schedule"),
        ("warehouse: W, target_completion_interval: 5 minutes, sql: select 1", "so no target_completion_interval"),
        ("overlap_policy: no_overlap, allow_overlapping_execution: true, sql: select 1", "overlap_policy says"),
        ("schedule: sometimes, sql: select 1", "60 minutes"),
        ("schedule: 5 minutes", "sql"),
    ],
)
def test_what_cannot_be(declaring: Declaring, body: str, wrong: str) -> None:
    declaring.declare(f"tasks:\n  '{{db}}.S.A': {{{{{body}}}}}\n".replace("{{", "{").replace("}}", "}"))
    with pytest.raises(SourceError) as error:
        declaring.diff()
    assert wrong in str(error.value)


def test_tasks_that_need_each_other(declaring: Declaring) -> None:
    declaring.declare("tasks: {'{db}.S.A': {after: [B], sql: select 1}, '{db}.S.B': {after: [A], sql: select 1}}\n")
    with pytest.raises(SourceError, match="need each other"):
        declaring.diff()


def test_links_that_need_each_other(graph: Declaring) -> None:
    graph.apply(GRAPH.replace("after: [MIDDLE]", "after: [ROOT]"))
    graph.declare(GRAPH.replace("MIDDLE: {after: [ROOT]", "MIDDLE: {after: [LEAF]"))
    with pytest.raises(SourceError, match="need each other"):
        graph.diff()


def test_a_task_may_be_called_as_a_table(declaring: Declaring) -> None:
    declaring.declare(
        """
databases:
  '{db}':
    schemas:
      S:
        tables: {ORDERS: {columns: {A: number}}}
        tasks:
          LOAD: {schedule: 5 minutes, sql: insert into ORDERS values (1)}
          ORDERS: {after: [LOAD], sql: delete from ORDERS}
"""
    )
    assert [change.target[-6:] for change in declaring.diff().changes] == ["ORDERS", "S.LOAD", "ORDERS"]
    declaring.apply()
    declaring.apply("schemas: {'{db}.S': {prune: [tasks, tables]}}\n")
    declaring.rollback()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("insert into A.T select * from S", {("A", "T"), ("S",)}),
        ("call P(1)", {("P",)}),
        ("system$stream_has_data('D.S.\"x\"') and system$stream_has_data('Y')", {("D", "S", "x"), ("Y",)}),
        ("execute immediate $$ begin delete from T; end $$", {("T",)}),
        ('copy into T from @"a/b".L/path/x file_format = (format_name = F)', {("T",), ("a/b", "L"), ("F",)}),
        ("copy into T from @%T file_format = (format_name = 'S.F')", {("T",), ("S", "F")}),
        ("begin execute task D.S.OTHER; alter task X.Y suspend; end", set()),
    ],
)
def test_what_a_body_names(text: str, names: set[tuple[str, ...]]) -> None:
    assert named_in(text) >= names
    assert {name for name in named_in(text) if len(name) > 1} == {name for name in names if len(name) > 1}


def test_what_it_names_comes_first(declaring: Declaring) -> None:
    declaring.declare(
        """
databases:
  '{db}':
    schemas:
      S:
        tables: {Z: {columns: {A: number}}}
        tasks: {A: {schedule: 5 minutes, sql: "begin insert into Z values (1); end", warehouse: "{db}_WH"}}
warehouses: {'{db}_WH': {initially_suspended: true}}
"""
    )
    kinds = [change.kind for change in declaring.diff().changes]
    assert kinds == ["warehouse", "table", "task"]
    declaring.apply()
    declaring.rollback()


def test_who_may_start_one_is_said(declaring: Declaring) -> None:
    declaring.declare(
        "databases: {'{db}_N': {schemas: {S: {tasks: {T: {schedule: 60 minutes, sql: select 1, state: started}}}}}}"
    )
    declaring.run("REVOKE EXECUTE MANAGED TASK, EXECUTE TASK ON ACCOUNT FROM ROLE SYSADMIN")
    with pytest.raises(StatementError, match=r"EXECUTE .* privilege must be granted") as caught:
        project = declaring._open()
        project.new("tasks", from_diff=True)
        project.migrate()
    assert "TASK ON ACCOUNT to the role that owns it" in caught.value.hint


def test_what_it_takes_to_start_is_told_before(declaring: Declaring) -> None:
    tasks = "{state: started, schedule: 60 minutes, warehouse: COMPUTE_WH, sql: select 1}"
    text = f"databases: {{'{{db}}_N': {{schemas: {{S: {{tasks: {{T: {tasks}}}}}}}}}}}\n"
    held = f"{declaring.database}_HELD"
    declaring.run("REVOKE EXECUTE MANAGED TASK, EXECUTE TASK ON ACCOUNT FROM ROLE SYSADMIN", f"CREATE ROLE {held}")
    declaring.declare(text)
    assert [(role, privilege) for role, _, privilege in declaring.diff().missing] == [
        ("SYSADMIN", "EXECUTE TASK on ACCOUNT")
    ]
    for grants in (
        "{SYSADMIN: [execute task on account]}",
        "{SYSADMIN: ['execute task, execute alert on account with grant option']}",
        f"{{{held}: [execute task on account], SYSADMIN: [role {held}]}}",
    ):
        declaring.declare(f"{text}grants: {grants}\n")
        assert declaring.diff().missing == ()
    declaring.declare(
        text + f"roles: {{{held}_NEW: {{granted_to: [SYSADMIN]}}}}\ngrants: {{{held}_NEW: [execute task on account]}}\n"
    )
    assert declaring.diff().missing == (), "a role that is still to be made"
    declaring.declare(text)
    declaring.run(f"GRANT EXECUTE TASK ON ACCOUNT TO ROLE {held}", f"GRANT ROLE {held} TO ROLE SYSADMIN")
    assert declaring.diff().missing == (), "through another role"
    declaring.run(f"DROP ROLE {held}")


def test_a_written_difference_has_nothing_to_lint(declaring: Declaring) -> None:
    declaring.declare(GRAPH.replace("'{db}':", "'{db}_N':"))
    project = declaring._open()
    assert [path.name[0] for path in project.new("tasks", from_diff=True)] == ["V", "U"]
    assert [finding for finding in project.check() if "__tasks" in finding.file] == []
