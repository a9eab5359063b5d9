"""Tasks: their properties, the rules of their graphs, and what EXECUTE TASK does."""

from __future__ import annotations

import json

import pytest

from .conftest import Client
from .guests import guests

guest = pytest.fixture(guests)


def shown(client: Client, name: str) -> dict[str, object]:
    """A task's row of SHOW TASKS, by column."""
    (row,) = client(f"show tasks like '{name}'")
    return dict(zip(client.names(), row, strict=True))


def runs(client: Client, *columns: str) -> list[tuple[object, ...]]:
    """The history of runs in the current database, the oldest first."""
    listed = ", ".join(columns or ("name", "state"))
    where = "where database_name = current_database()"
    text = f"select {listed} from table(information_schema.task_history(result_limit => 1000)) {where}"
    return list(reversed(client(text)))


@pytest.fixture
def graph(client):
    """R1 → C1 → C2, and F1 that ends it; each writes its name into LOG."""
    client("create table log (n int identity, name varchar, said varchar)")
    client("create task r1 warehouse = compute_wh schedule = '60 minute' as insert into log (name) values ('r1')")
    client("create task c1 after r1 as insert into log (name) values ('c1')")
    client("create task c2 after c1 as insert into log (name) values ('c2')")
    client("create task f1 finalize = r1 as insert into log (name) values ('f1')")
    return client


def logged(client: Client) -> list[str]:
    return [name for (name,) in client("select name from log order by n")]


# -- properties --------------------------------------------------------------------------------------------


def test_show_and_describe(client):
    client(
        "create task t warehouse = compute_wh schedule = 'USING CRON 0 9-17/2 * * MON-FRI Europe/Berlin' "
        'config = $${"env": "prod"}$$ allow_overlapping_execution = true comment = \'c\' '
        "when system$stream_has_data('s') and 1 = 1 as insert into x select 1;"
    )
    row = shown(client, "T")
    assert {key: row[key] for key in ("name", "owner", "warehouse", "state", "config", "comment", "condition")} == {
        "name": "T", "owner": "ACCOUNTADMIN", "warehouse": "COMPUTE_WH", "state": "suspended",
        "config": '{"env": "prod"}', "comment": "c", "condition": "system$stream_has_data('s') and 1 = 1",
    }  # fmt: skip
    assert row["schedule"] == "USING CRON 0 9-17/2 * * MON-FRI Europe/Berlin"
    assert row["definition"] == "insert into x select 1"
    assert (row["allow_overlapping_execution"], row["overlap_policy"]) == ("true", "ALLOW_CHILD_OVERLAP")
    assert (row["error_integration"], row["predecessors"], row["owner_role_type"]) == ("null", "[]", "ROLE")
    (described,) = client("describe task t")
    assert dict(zip(client.names(), described, strict=True)) == row


def test_the_body_is_kept_as_written(client):
    block = "begin\n  let x := 1; -- one\n  insert into t values (:x);\nend"
    client(f"create task t as {block};")
    assert shown(client, "T")["definition"] == block
    client("alter task t modify as call p('a;b')")
    assert shown(client, "T")["definition"] == "call p('a;b')"


def test_alter(client):
    client("create task t warehouse = compute_wh schedule = '5 minutes' as select 1")
    for clause, column, value in (
        ("set schedule = '10 SECONDS', comment = 'c'", "schedule", "10 SECONDS"),
        ("unset schedule, comment", "schedule", None),
        ("set config = '{\"a\": 1}'", "config", '{"a": 1}'),
        ("unset config", "config", None),
        ("modify when 1 = 1", "condition", "1 = 1"),
        ("remove when", "condition", None),
        ("unset warehouse", "warehouse", None),
        ("set warehouse = compute_wh", "warehouse", "COMPUTE_WH"),
        ("set overlap_policy = allow_all_overlap", "overlap_policy", "ALLOW_ALL_OVERLAP"),
        ("unset overlap_policy", "overlap_policy", "NO_OVERLAP"),
        ("set error_integration = e, success_integration = s", "error_integration", "E"),
        ("resume", "state", "started"),
        ("suspend", "state", "suspended"),
    ):
        client(f"alter task t {clause}")
        assert shown(client, "T")[column] == value, clause
    assert shown(client, "T")["last_suspended_reason"] == "USER_SUSPENDED"
    client("alter task if exists nosuch resume")
    client("create tag g")
    client("alter task t set tag g = 'v'")
    client("alter task t unset tag g")
    client("comment on task t is 'said'")
    assert shown(client, "T")["comment"] == "said"


def test_parameters(client):
    client("create task t schedule = '5 minutes' query_tag = 'q' user_task_timeout_ms = 1000 as select 1")
    found = {row[0]: (row[1], row[3]) for row in client("show parameters in task t")}
    assert (found["QUERY_TAG"], found["USER_TASK_TIMEOUT_MS"]) == (("q", "TASK"), ("1000", "TASK"))
    client("alter task t unset query_tag")
    assert {row[0]: row[3] for row in client("show parameters in task t")}["QUERY_TAG"] == ""
    serverless = "create task s schedule = '5 minutes' serverless_task_min_statement_size = 'LARGE' "
    assert client.error(serverless + "serverless_task_max_statement_size = 'SMALL' as select 1")[2] == (
        "SERVERLESS_TASK_MIN_STATEMENT_SIZE (LARGE) cannot be greater than SERVERLESS_TASK_MAX_STATEMENT_SIZE (SMALL)."
    )
    assert client.error(serverless + "warehouse = compute_wh as select 1")[2] == (
        "Cannot set SERVERLESS_TASK_MIN_STATEMENT_SIZE on a non-serverless task."
    )


@pytest.mark.parametrize(
    "schedule",
    ["0 minutes", "11521 minutes", "193 hours", "5 seconds", "5 fortnights", "", "USING CRON", "USING CRON * * * * *",
     "USING CRON 60 * * * * UTC", "USING CRON * 24 * * * UTC", "USING CRON * * 0 * * UTC", "USING CRON * * * 13 * UTC",
     "USING CRON * * * * 8 UTC", "USING CRON */0 * * * * UTC", "USING CRON 5-1 * * * * UTC", "USING CRON * * * * * X/Y",
     "USING CRON * * * FOO * UTC"],
)  # fmt: skip
def test_schedules_that_are_none(client, schedule):
    assert client.error(f"create task t schedule = '{schedule}' as select 1")[:2] == (1008, "22023")


@pytest.mark.parametrize(
    "schedule",
    ["1 minute", "11520 MINUTES", "8 hours", "30 s", "USING CRON * * * * * UTC", "using cron 0,30 0-5 L JAN-MAR 1L UTC",
     "USING CRON 0 0 1 */2 1#1 Asia/Tokyo"],
)  # fmt: skip
def test_schedules(client, schedule):
    client(f"create task t schedule = '{schedule}' as select 1")
    assert shown(client, "T")["schedule"] == schedule


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create task x as select 1 )", 1003),
        ("create task x as", 1003),
        ("create task x schedule = '1 minute'", 1003),
        ("create task x foo = 1 as select 1", 1420),
        ("create task x warehouse = nosuch as select 1", 2003),
        ("create task x user_task_timeout_ms = -1 as select 1", 1008),
        ("create task x config = '[1]' as select 1", 91400),
        ("create task x autocommit = false as select 1", 91400),
        ("create task x overlap_policy = bogus as select 1", 1003),
        ("create or replace task if not exists x as select 1", None),
        ("alter task t set foo = 1", 1420),
        ("alter task t rename to u", 1003),
        ("alter task t resume )", 1003),
        ("alter task nosuch resume", 2003),
        ("execute task nosuch", 2003),
        ("execute task t now", 1003),
        ("drop task nosuch", 2003),
    ],
)
def test_refusals(client, text, code):
    client("create task t as select 1")
    found = client.error(text)[0]
    assert code is None or found == code


def test_create_again(client):
    client("create task t schedule = '1 minute' comment = 'c' as select 1")
    assert client.error("create task t as select 1")[:2] == (2002, "42710")
    client("create task if not exists t as select 2")
    client("alter task t resume")
    before = shown(client, "T")["id"]
    assert client.error("create or alter task t as select 2")[0] == 91421
    client("alter task t suspend")
    client("create or alter task t warehouse = compute_wh as select 2")
    row = shown(client, "T")
    assert (row["schedule"], row["comment"], row["definition"], row["id"]) == (None, "", "select 2", before)
    client("create or replace task t as select 3")
    assert shown(client, "T")["id"] != before
    client("create task copied clone t")
    assert shown(client, "COPIED")["definition"] == "select 3"


# -- graphs ------------------------------------------------------------------------------------------------


def test_relations(graph):
    place = shown(graph, "R1")["database_name"]
    path = f'"{place}".PUBLIC.'
    assert json.loads(shown(graph, "C1")["predecessors"]) == [f"{path}R1"]
    assert json.loads(shown(graph, "R1")["task_relations"]) == {"Predecessors": [], "FinalizerTask": f"{path}F1"}
    assert json.loads(shown(graph, "F1")["task_relations"]) == {"FinalizedRootTask": f"{path}R1", "Predecessors": []}
    row = shown(graph, "C1")
    assert (row["allow_overlapping_execution"], row["overlap_policy"]) == ("null", None)
    assert [row[1] for row in graph("show tasks root only")] == ["R1"]
    assert [row[1] for row in graph("show terse tasks like 'r%' root only limit 1")] == ["R1"]
    dependents = "select name from table(information_schema.task_dependents('r1', recursive => {}))"
    assert [name for (name,) in graph(dependents.format("true"))] == ["R1", "C1", "C2", "F1"]
    assert [name for (name,) in graph(dependents.format("false"))] == ["R1", "C1", "F1"]


def test_a_graph_is_changed_at_rest(graph):
    """https://docs.snowflake.com/en/user-guide/tasks-graphs: its root must be suspended"""
    assert graph("select system$task_dependents_enable('r1')")
    assert [row[10] for row in graph("show tasks")] == ["started"] * 4
    for text in (
        "alter task c1 set comment = 'c'", "alter task c2 remove after c1", "alter task c1 suspend",
        "alter task r1 set schedule = '1 minute'", "create task c3 after r1 as select 1", "drop task c1",
        "create or replace task c1 after r1 as select 1", "alter task f1 unset finalize",
    ):  # fmt: skip
        code, sqlstate, message = graph.error(text)
        assert (code, sqlstate) == (91421, "22000"), text
        assert message.endswith("since that root task is not suspended.")
    graph("alter task r1 suspend")
    graph("alter task c1 suspend")
    graph("alter task c1 set comment = 'c'")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alter task c1 add after nosuch", "Invalid predecessor NOSUCH was specified."),
        ("create task x after nosuch as select 1", "Invalid predecessor NOSUCH was specified."),
        ("alter task c1 add after c1", "Task C1 cannot use itself as its predecessor."),
        ("alter task c1 add after c2", "Adding predecessor C2 to task C1 would create a cycle."),
        ("alter task c2 remove after r1", "Task C2 does not have predecessor R1."),
        ("alter task c1 set schedule = '1 minute'", "Task C1 cannot have both a schedule and a predecessor."),
        ("alter task f1 set schedule = '1 minute'", "Task F1 cannot have a schedule and be a finalizer task."),
        ("create task x finalize = r1 as select 1", "Finalize target R1 already have finalizer."),
        ("create task x finalize = nosuch as select 1", "Invalid finalized root task NOSUCH was specified."),
        ("create task x after r1 overlap_policy = no_overlap as select 1", "Cannot set overlap policy on non-root"),
        (
            "create task x after r1 allow_overlapping_execution = true as select 1",
            "Cannot set allow_overlapping_execution on non-root task",
        ),
        ("create task x after r1 config = '{}' as select 1", "cannot both be a non-root task and have a config."),
        ("create task x after f1 as select 1", "cannot have children as a finalizer task."),
        ("create task x after r1 task_auto_retry_attempts = 2 as select 1", "Cannot set parameter TASK_AUTO_RETRY"),
        ("alter task r1 add after other", "This task has a finalizer and cannot be made a child task."),
        ("create task x after elsewhere.far as select 1", "Cannot have predecessor FAR from a different schema."),
        ("execute task c1", "Execute task cannot be called on non-root task"),
    ],
)
def test_rules_of_a_graph(graph, text, message):
    graph("create task other as select 1")
    graph("create schema elsewhere")
    graph("use schema public")
    graph("create task elsewhere.far as select 1")
    code, sqlstate, found = graph.error(text)
    assert (code, sqlstate) == (91400, "22000")
    assert message in found


def test_links_change(graph):
    graph("alter task c2 add after r1")
    assert len(json.loads(shown(graph, "C2")["predecessors"])) == 2
    graph("alter task c2 remove after c1")
    graph("alter task f1 unset finalize")
    assert "FinalizerTask" not in shown(graph, "R1")["task_relations"]
    graph("alter task f1 set finalize = r1")
    graph("create or replace task r1 as select 1")
    assert "FinalizerTask" in shown(graph, "R1")["task_relations"], "a root that is replaced keeps its graph"
    assert shown(graph, "C1")["predecessors"] != "[]"
    graph("drop task r1")
    assert shown(graph, "C1")["predecessors"] == "[]"
    assert [row[1] for row in graph("show tasks root only")] == ["C1", "C2", "F1"]


# -- running -----------------------------------------------------------------------------------------------


def test_a_graph_runs_in_order(graph):
    assert graph("execute task r1") == [("Task R1 is scheduled to run immediately.",)]
    assert logged(graph) == ["r1"], "what is suspended does not run"
    graph("select system$task_dependents_enable('r1')")
    graph("execute task r1")
    assert logged(graph) == ["r1", "r1", "c1", "c2", "f1"]
    assert runs(graph)[1:] == [("R1", "SUCCEEDED"), ("C1", "SUCCEEDED"), ("C2", "SUCCEEDED"), ("F1", "SUCCEEDED")]
    states = (
        "select root_task_name, state from table(information_schema.complete_task_graphs()) "
        "where database_name = current_database()"
    )
    assert graph(states) == [("R1", "SUCCEEDED")] * 2
    assert graph("select * from table(information_schema.current_task_graphs())") == []


def test_a_failure_stops_what_comes_behind(graph):
    graph("alter task c1 modify as select * from nosuch")
    graph("select system$task_dependents_enable('r1')")
    graph("execute task r1")
    assert logged(graph) == ["r1", "f1"], "the finalizer runs however the graph has ended"
    found = runs(graph, "name", "state", "error_code", "error_message")
    assert found[1][:3] == ("C1", "FAILED", "002003")
    assert "NOSUCH" in str(found[1][3])
    graph("create table nosuch (a int)")
    graph("execute task r1 retry last")
    assert logged(graph) == ["r1", "f1", "c2", "f1"]
    attempts = runs(graph, "name", "attempt_number")
    assert attempts[-3:] == [("C1", 2), ("C2", 2), ("F1", 2)]
    assert "no suitable run of graph" in graph.error("execute task r1 retry last")[2]


def test_automatic_retries(client):
    client("create task t warehouse = compute_wh task_auto_retry_attempts = 2 as select * from nosuch")
    client("execute task t")
    assert runs(client, "state", "attempt_number") == [("FAILED", 1), ("FAILED", 2), ("FAILED", 3)]


def test_too_many_failures_suspend_a_task(client):
    client("create task t schedule = '1 minute' suspend_task_after_num_failures = 2 as select * from nosuch")
    client("alter task t resume")
    client("execute task t")
    assert shown(client, "T")["state"] == "started"
    client("execute task t")
    row = shown(client, "T")
    assert (row["state"], row["last_suspended_reason"]) == ("suspended", "SUSPENDED_DUE_TO_ERRORS")
    assert runs(client, "state") == [("FAILED",), ("FAILED_AND_AUTO_SUSPENDED",)]


def test_when(graph):
    graph("create table source (a int)")
    graph("create stream s on table source")
    graph("alter task c1 modify when system$stream_has_data('s')")
    graph("alter task c1 modify as insert into log (name) select 'c1' from s")
    graph("select system$task_dependents_enable('r1')")
    graph("execute task r1")
    assert logged(graph) == ["r1", "f1"], "c1 is skipped, and c2 with it"
    assert runs(graph, "name", "state", "error_code")[1] == ("C1", "SKIPPED", "040003")
    graph("insert into source values (1)")
    graph("execute task r1")
    assert logged(graph)[2:] == ["r1", "c1", "c2", "f1"]
    assert graph("select * from s") == []
    graph("alter task r1 suspend")
    graph("alter task r1 modify when 1 = 0")
    graph("execute task r1")
    assert runs(graph)[-1] == ("R1", "SKIPPED"), "nothing runs behind a root that is skipped"


def test_values_and_configuration(graph):
    graph('alter task r1 set config = \'{"env": "prod", "deep": {"n": 1}}\'')
    graph("alter task r1 modify as call system$set_return_value('from ' || system$get_task_graph_config('env'))")
    graph("alter task c1 modify as insert into log (name, said) "
          "select system$current_user_task_name(), system$get_predecessor_return_value()")  # fmt: skip
    graph("alter task c2 modify when system$get_predecessor_return_value('C1') is null")
    graph("alter task f1 modify as begin let n := (select system$get_task_graph_config('deep.n')); "
          "insert into log (name, said) values ('f1', :n); end")  # fmt: skip
    graph("select system$task_dependents_enable('r1')")
    graph("execute task r1")
    found = graph("select name, said from log order by n")
    assert found[0][0].endswith(".PUBLIC.C1")
    assert [said for _, said in found] == ["from prod", None, "1"]
    assert runs(graph, "name", "return_value")[0] == ("R1", "from prod")
    graph('execute task r1 using config = \'{"env": "dev"}\'')
    assert ("from dev",) in graph("select said from log")
    assert graph.error("execute task r1 using config = 'x'")[0] == 91400
    assert graph.error("select system$set_return_value('x')")[0] == 91447


def test_it_runs_as_its_owner(client, guest):
    """https://docs.snowflake.com/en/user-guide/tasks-intro#task-security"""
    client("create table log (role varchar, who varchar, place varchar, warehouse varchar, tag varchar)")
    maker, role = guest("CREATE TASK ON SCHEMA public", "USAGE ON WAREHOUSE compute_wh", "EXECUTE TASK ON ACCOUNT")
    client(f"grant insert, select on table log to role {role}")
    maker("create task t warehouse = compute_wh query_tag = 'mine' as insert into log select current_role(), "
          "current_user(), current_schema(), current_warehouse(), 'x'")  # fmt: skip
    client("use schema information_schema")
    client("execute task public.t")
    assert client("select * from public.log") == [(role, "SYSTEM", "PUBLIC", "COMPUTE_WH", "x")]
    history = "select query_tag from table(information_schema.query_history()) where user_name = 'SYSTEM' and role_name"
    assert client(f"{history} = '{role}'") == [("mine",)]
    client(f"revoke insert on table public.log from role {role}")
    client("execute task public.t")
    assert runs(client, "state")[-1] == ("FAILED",)


def test_its_time_is_limited(client):
    client("create task t user_task_timeout_ms = 200 as call system$wait(20)")
    client("execute task t")
    assert runs(client, "state", "error_code") == [("FAILED", "000630")]


def test_an_open_transaction_is_committed(graph):
    graph("begin")
    graph("insert into log (name) values ('open')")
    graph("execute task r1")
    graph("rollback")
    assert logged(graph) == ["open", "r1"]


def test_history_is_filtered(graph):
    graph("execute task r1")
    history = "select name from table(information_schema.task_history({})) where database_name = current_database()"
    assert graph(history.format("task_name => 'r1', result_limit => 1")) == [("R1",)]
    assert graph(history.format("task_name => 'other'")) == []
    assert graph(history.format("error_only => true")) == []
    since = "scheduled_time_range_start => dateadd('hour', {}, current_timestamp())"
    assert graph(history.format(since.format(-1))) == [("R1",)]
    assert graph(history.format(since.format(1))) == []
    assert graph.error(history.format("result_limit => 0"))[0] == 1008
    assert graph.error(history.format("foo => 0"))[0] == 1006


# -- privileges --------------------------------------------------------------------------------------------


def test_who_may_what(client, guest):
    maker, role = guest("CREATE TASK ON SCHEMA public")
    assert maker.error("create task t warehouse = compute_wh as select 1")[0] == 2003, "USAGE on the warehouse"
    client(f"grant usage on warehouse compute_wh to role {role}")
    maker("create task t warehouse = compute_wh schedule = '1 minute' as select 1")
    for text in ("alter task t resume", "execute task t"):
        assert maker.error(text) == (
            91089, "23001", "Cannot execute task , EXECUTE TASK privilege must be granted to owner role",
        )  # fmt: skip
    client(f"grant execute task on account to role {role}")
    maker("alter task t resume")
    maker("create task serverless schedule = '1 minute' as select 1")
    assert "EXECUTE MANAGED TASK" in maker.error("alter task serverless resume")[2]
    stranger, _ = guest()
    assert stranger.error("execute task t")[0] == 2003
    assert stranger("show tasks") == []
    operator, _ = guest("OPERATE ON TASK t")
    operator("alter task t suspend")
    operator("execute task t")
    assert operator.error("alter task t set comment = 'c'")[:2] == (3001, "42501")
    assert operator.error("drop task t")[:2] == (3001, "42501")
    assert [row[0] for row in operator("select name from table(information_schema.task_history())")] == ["T"]
    watcher, _ = guest("MONITOR ON TASK t")
    assert len(watcher("show tasks")) == 1
    assert watcher.error("alter task t resume")[:2] == (3001, "42501")
    assert stranger("select name from table(information_schema.task_history())") == []


def test_ownership_goes_at_rest(client, guest):
    """https://docs.snowflake.com/en/user-guide/tasks-graphs#manage-task-graph-ownership"""
    client("create task t schedule = '1 minute' as select 1")
    client("alter task t resume")
    _, role = guest()
    assert client.error(f"grant ownership on task t to role {role}")[0] == 91421
    client(f"grant ownership on all tasks in schema public to role {role}")
    row = shown(client, "T")
    assert (row["owner"], row["state"], row["last_suspended_reason"]) == (role, "suspended", "GRANT_OWNERSHIP")


def test_a_task_that_goes_alone_loses_its_links(graph, guest):
    _, role = guest()
    graph(f"grant ownership on task c1 to role {role}")
    assert [json.loads(shown(graph, name)["predecessors"]) for name in ("C1", "C2")] == [[], []]
    graph(f"grant ownership on task r1 to role {role}")
    assert json.loads(shown(graph, "F1")["task_relations"]) == {"Predecessors": []}


def test_future_ownership_of_a_graph(client, guest):
    """Deployment tools hand what they make to a role of the schema."""
    _, role = guest()
    client(f"grant ownership on future tasks in schema public to role {role}")
    client("create task first schedule = '1 minute' as select 1")
    client("create task second after first as select 1")
    assert shown(client, "SECOND")["owner"] == role


def test_get_ddl(graph):
    (text,) = graph("select get_ddl('task', 'c1')")[0]
    assert text.startswith("create or replace task C1")
    assert "after " in text
    graph(text)
