"""Tags, and what is assigned of them to objects of every kind that can have some."""

from __future__ import annotations

import pytest

from snowmaker.components import kinds
from snowmaker.errors import SourceError

from .conftest import Declaring

TAGS = "tags: {'{db}.S.COST': {allowed_values: [a, b]}, '{db}.S.LEVEL': {}}\n"
# the kind's section, the name, the rest of the body
OBJECTS = {
    "databases": ("{db}_D", ""),
    "schemas": ("{db}.X", ""),
    "warehouses": ("{db}_W", ""),
    "roles": ("{db}_R", ""),
    "database_roles": ("{db}.R", ""),
    "users": ("{db}_U", ""),
    "network_policies": ("{db}_N", "allowed_ip_list: [0.0.0.0/0], "),
    "stages": ("{db}.S.STG", ""),
    "tables": ("{db}.S.T", "columns: {ID: number}, "),
    "views": ("{db}.S.V", "query: select 1 as A, "),
    "streams": ("{db}.S.STR", "on_table: '{db}.S.BASE', "),
    "pipes": ("{db}.S.PIP", "copy: 'copy into {db}.S.BASE from @%BASE', "),
    "alerts": ("{db}.S.ALE", "condition: select 1, action: select 2, "),
    "tasks": ("{db}.S.TSK", "schedule: 60 minutes, sql: select 1, "),
}


QUICK = ("databases", "tables", "users", "tasks")


@pytest.mark.parametrize(
    "section", [pytest.param(one, marks=[] if one in QUICK else [pytest.mark.slow]) for one in OBJECTS]
)
def test_set_read_and_unset(declaring: Declaring, section: str) -> None:
    kind, (name, rest) = kinds()[section], OBJECTS[section]
    declaring.apply(TAGS)
    declaring.run("CREATE TABLE {db}.S.BASE (ID NUMBER)")
    for place in ("DATABASE {db}", "SCHEMA {db}.S"):
        declaring.run(f"GRANT USAGE ON {place} TO ROLE PUBLIC")
    declaring.run(*(f"GRANT APPLY ON TAG {{db}}.S.{tag} TO ROLE PUBLIC" for tag in ("COST", "LEVEL")))
    head = TAGS + f"{section}:\n  '{name}': {{{rest}"
    declaring.apply(head + "tags: {'{db}.S.COST': a, '{db}.S.LEVEL': it's}}")
    assert declaring.there_and_back(head + "tags: {'{db}.S.COST': b}}")
    assert declaring.there_and_back(head + "tags: {}}")
    declaring.declare(head + "}")
    assert declaring.diff().changes == (), "where nothing is said of tags, they are left alone"
    declaring.declare(head + "tags: {'{db}.S.COST': a, '{db}.S.LEVEL': it's}}")
    declaring.run(f"ALTER {kind.name} {name} UNSET TAG {{db}}.S.COST")
    assert declaring.sql() == [declaring.fill(f"ALTER {kind.name} {name} SET TAG {{db}}.S.COST = 'a'")]
    declaring.declare("")
    declaring.run(*([f"DROP {kind.name} {name}"] if kind.level == "account" else []))


def test_what_comes_from_the_container_is_not_its_own(declaring: Declaring) -> None:
    declaring.apply(TAGS)
    declaring.run("ALTER DATABASE {db} SET TAG {db}.S.COST = 'a'")
    declaring.apply(TAGS + "schemas:\n  '{db}.S': {tags: {}}")


def test_many_objects_are_asked_in_one_request(declaring: Declaring) -> None:
    declaring.apply(TAGS)
    requests = []
    for count in (2, 20):
        names = "\n".join(f"  '{{db}}.S.T{number}': {{tags: {{'{{db}}.S.COST': a}}}}" for number in range(count))
        declaring.apply(TAGS + "stages:\n" + names)
        requests.append(declaring.diff().round_trips)
    assert requests[0] == requests[1]


def test_its_conflicts_are_said_with_its_propagation(declaring: Declaring) -> None:
    head = "tags:\n  '{db}.S.X': "
    declaring.apply(head + "{propagate: on_dependency}")
    assert declaring.there_and_back(head + "{propagate: on_dependency, on_conflict: mixed}") == [
        declaring.fill("ALTER TAG {db}.S.X SET PROPAGATE = ON_DEPENDENCY ON_CONFLICT = 'mixed'")
    ]
    declaring.apply(head + "{propagate: on_dependency, on_conflict: mixed}")
    assert declaring.there_and_back(head + "{}") == [
        declaring.fill("ALTER TAG {db}.S.X UNSET PROPAGATE"),
        declaring.fill("ALTER TAG {db}.S.X UNSET ON_CONFLICT"),
    ]


def test_a_container_declares_tags_and_has_others_under_one_key(declaring: Declaring) -> None:
    """Also one that is declared inside of what it is assigned to, and with another owner."""
    text = """
    tags: {'{db}.S.COST': {allowed_values: [a, b]}}
    databases:
      '{db}':
        schemas:
          S:
            OWNER
            tags: {COST: a, LEVEL: {comment: how secret}}
            tables: {T: {columns: {ID: number}, tags: {COST: b}}}
    """
    declaring.run("DROP SCHEMA {db}.S", "GRANT USAGE ON DATABASE {db} TO ROLE SECURITYADMIN")
    for owner in ("", "owner: SECURITYADMIN"):
        declaring.apply(text.replace("OWNER", owner))
        (row,) = declaring.run("SELECT SYSTEM$GET_TAG('{db}.S.COST', '{db}.S', 'SCHEMA') AS V")
        assert row == {"v": "a"}
        assert "how secret" in [row["comment"] for row in declaring.run("SHOW TAGS IN SCHEMA {db}.S")]
        declaring.rollback()


@pytest.mark.parametrize(
    "body", ["{on_conflict: mixed}", "{propagate: on_dependency, on_conflict: ALLOWED_VALUES_SEQUENCE}"]
)
def test_what_does_not_go_together_is_refused(declaring: Declaring, body: str) -> None:
    declaring.declare("tags:\n  '{db}.S.X': " + body)
    with pytest.raises(SourceError, match="on_conflict"):
        declaring.diff()


def test_masking_policies_are_imported(declaring: Declaring) -> None:
    declaring.run("CREATE MASKING POLICY {db}.S.MASK AS (V VARCHAR) RETURNS VARCHAR -> '*'")
    declaring.apply("tags:\n  '{db}.S.{db}_X': {masking_policies: [MASK]}")
    assert "masking_policies" in declaring.imported("tags")


def test_assignments_are_imported(declaring: Declaring) -> None:
    """With what is set on a table's columns; the schema has both, tags of its own and one that is set on it."""
    declaring.apply(
        TAGS + "schemas:\n  '{db}.S': {tags: {'{db}.S.LEVEL': top}}\n"
        "tables:\n  '{db}.S.T': {columns: {ID: {type: number, tags: {'{db}.S.COST': a}}, N: number}, "
        "tags: {'{db}.S.COST': b}}\n"
    )
    found = declaring._open().import_texts()[declaring.database.lower()]
    assert f"{declaring.database}.S.COST: b" in found
    assert f"WITH TAG ({declaring.database}.S.COST = 'a')" in found
    assert f"{declaring.database}.S.LEVEL: top" in found
    assert "tags: {}" not in found
    (declaring._folder / "components" / "x.yml").unlink()
    project = declaring._open()
    project.import_(project.selection(databases=[declaring.database]))
    assert declaring.diff().changes == ()
