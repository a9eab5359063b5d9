"""An account of 10,000 tables, 1,000 roles and 50,000 grants, declared whole: what reading and comparing it costs."""

from __future__ import annotations

import time
from functools import partial

import pytest

from snowmaker import declaring, differ, preflight
from snowmaker.inspector import Inspector

from .test_flows import Account, one  # noqa: F401 (a fixture)

pytestmark = pytest.mark.slow

SCHEMAS, TABLES, ROLES = 200, 50, 1_000  # each role may read all tables of a schema: 50,000 grants
REQUESTS, SECONDS = 60, 3.0


def test_a_large_account(one: Account) -> None:  # noqa: F811
    with one.project() as project:
        run = partial(project.query)
        run(one.fill("CREATE DATABASE F_D"))
        for schema in range(SCHEMAS):
            name = one.fill(f"F_D.S{schema}")
            tables = [
                f"CREATE TABLE {name}.T{n} (ID NUMBER NOT NULL, NAME VARCHAR(20), AT DATE)" for n in range(TABLES)
            ]
            run(";\n".join([f"CREATE SCHEMA {name}", *tables]))
        for role in range(ROLES):
            name, schema = one.fill(f"F_R{role}"), one.fill(f"F_D.S{role % SCHEMAS}")
            run(f"CREATE ROLE {name}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO ROLE {name}")
        chosen = project.selection(["databases", "schemas", "tables", "roles"], [one.fill("F_D")])
        begun = time.perf_counter()
        project.import_(chosen)
        print(f"\nimport: {time.perf_counter() - begun:.1f} s")
    with one.project() as project:
        begun = time.perf_counter()
        declared = project.declared()
        read = time.perf_counter()
        kinds = [component.kind.name for component in declared.components]
        assert (kinds.count("TABLE"), kinds.count("ROLE") >= ROLES) == (SCHEMAS * TABLES, True)
        assert len(declared.grants) >= TABLES * ROLES
        requests = project.session.requests
        with Inspector(project.session) as inspector:
            live = inspector.read(declared)
        requests = project.session.requests - requests
        compared = time.perf_counter()
        differences = differ.compare(declared, live.components, partial(declaring.withheld, lambda _: None))
        changes = declaring._changes(declared, live, differences, {}, preflight.identify(project.session))
        seconds = time.perf_counter() - compared
        print(
            f"YAML {read - begun:.1f} s, account {compared - read:.1f} s in {requests} requests, diff {seconds:.2f} s"
        )
        assert changes == ()
        assert project.diff().round_trips <= REQUESTS
        assert requests <= REQUESTS
        assert seconds < SECONDS
