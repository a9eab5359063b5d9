"""What happens over several components: order, renames, pruning, grants, ownership, replacement, and the way back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snowmaker import Project, sandbox
from snowmaker.errors import SourceError
from snowmaker.model import Change, Diff

from .test_kinds import toml

_numbers = itertools.count(1)
Texts = list[str]


class Account:
    """A project on a sandbox; `F` in texts is a prefix of its own."""

    def __init__(self, folder: Path, account: sandbox.Account) -> None:
        self.folder, self.prefix = folder, f"F{next(_numbers)}"
        connection = ", ".join(f"{key} = {toml(value)}" for key, value in account.connection().items())
        (folder / "snowmaker.toml").write_text(f"""
[environments.shared]
connection = {{ {connection} }}
history = "{self.prefix}META.M.H"
create_database = true
""")
        (folder / "components").mkdir()
        (folder / "migrations").mkdir()

    def project(self) -> Project:
        return Project(self.folder, environment="shared")

    def fill(self, text: str) -> str:
        return text.replace("F_", f"{self.prefix}_")

    def declare(self, text: str) -> None:
        (self.folder / "components" / "x.yml").write_text(self.fill(text))

    def run(self, *texts: str) -> list[dict[str, object]]:
        with self.project() as project:
            for text in texts:
                found = project.query(self.fill(text))
        return found

    def diff(self) -> Diff:
        with self.project() as project:
            return project.diff()

    def apply(self) -> Diff:
        """Apply what is declared; the difference that was, after which there is none."""
        before = self.diff()
        with self.project() as project:
            project.apply()
        assert self.diff().changes == ()
        return before

    def rollback(self) -> None:
        with self.project() as project:
            project.rollback(steps=1)

    def sql(self, diff: Diff) -> Texts:
        return [text.replace(f"{self.prefix}_", "F_") for change in diff.changes for text in change.sql]

    def close(self) -> None:
        names = self.run("SHOW DATABASES LIKE 'F\\\\_%'".replace("F\\\\_", f"{self.prefix}%"))
        drops = [f'DROP DATABASE "{row["name"]}"' for row in names]
        for kind in ("ROLES", "WAREHOUSES", "USERS"):
            found = self.run(f"SHOW {kind} LIKE '{self.prefix}%'")
            drops += [f'DROP {kind[:-1]} "{row["name"]}"' for row in found]
        self.run(*drops, "SELECT 1")


@pytest.fixture
def one(tmp_path: Path, account: sandbox.Account) -> Iterator[Account]:
    made = Account(tmp_path, account)
    yield made
    made.close()


def actions(diff: Diff) -> list[tuple[str, str]]:
    return [(change.action, change.kind) for change in diff.changes]


def test_order_and_roles(one: Account) -> None:
    """Containers before what is in them, roles before what they own, grants behind, revokes and drops last."""
    one.run(
        "CREATE ROLE F_OLD",
        "CREATE DATABASE F_D",
        "CREATE SCHEMA F_D.GONE",
        "GRANT USAGE ON DATABASE F_D TO ROLE F_OLD",
    )
    one.declare("""
grants:
  F_OLD: {prune: true, privileges: []}
  F_NEW: [usage on database F_D, usage on schema F_D.S]
databases:
  F_D: {prune: [schemas], schemas: {S: {owner: F_NEW}}}
roles: {F_NEW: {granted_to: [SYSADMIN]}, F_OLD: }
""")
    before = one.apply()
    assert [action for action, _ in actions(before)] == [
        "create",
        "create",
        "alter",
        "grant",
        "grant",
        "grant",
        "revoke",
        "drop",
    ]
    roles = {change.target.replace(one.prefix, "F"): change.role for change in before.changes if change.kind != "grant"}
    assert roles["F_NEW"] == "USERADMIN"
    one.rollback()
    assert actions(one.diff()) == actions(before)


def test_what_is_not_declared_is_left_alone(one: Account) -> None:
    one.run(
        "CREATE DATABASE F_D", "CREATE SCHEMA F_D.OTHER", "CREATE ROLE F_R",
        "GRANT USAGE ON DATABASE F_D TO ROLE F_R", "GRANT USAGE ON SCHEMA F_D.OTHER TO ROLE F_R",
    )  # fmt: skip
    one.declare("databases: {F_D: }\nroles: {F_R: }\ngrants: {F_R: [usage on database F_D]}")
    assert one.diff().changes == ()


def test_rename(one: Account) -> None:
    one.run(
        "CREATE DATABASE F_D", "CREATE SCHEMA F_D.A COMMENT = 'a'", "CREATE ROLE F_OLD", "CREATE DATABASE ROLE F_D.X"
    )
    one.declare("""
databases: {F_E: {renamed_from: F_D, schemas: {B: {renamed_from: A, comment: b}}}}
database_roles: {F_E.X: }
roles: {F_NEW: {renamed_from: F_OLD}}
""")
    before = one.apply()
    assert sorted(one.sql(before)) == sorted([
        "ALTER DATABASE F_D RENAME TO F_E",
        "ALTER ROLE F_OLD RENAME TO F_NEW",
        "ALTER SCHEMA F_E.A RENAME TO F_E.B",
        "ALTER SCHEMA F_E.B SET COMMENT = 'b'",
    ])  # fmt: skip
    one.rollback()
    assert one.sql(one.diff()) == one.sql(before)


def test_public_comes_with_its_database(one: Account) -> None:
    one.declare("databases: {F_D: {prune: true, schemas: {PUBLIC: {comment: mine}, S: }}, F_E: {schemas: {PUBLIC: }}}")
    before = one.apply()
    assert "ALTER SCHEMA F_D.PUBLIC SET COMMENT = 'mine'" in one.sql(before)
    assert not any("CREATE SCHEMA" in text and "PUBLIC" in text for text in one.sql(before))
    one.declare("databases: {F_D: {prune: [schemas]}}")
    assert one.sql(one.diff()) == ["DROP SCHEMA F_D.S"], "but never PUBLIC"


def test_a_container_cannot_be_replaced(one: Account) -> None:
    one.run("CREATE DATABASE F_D")
    one.declare("databases:\n  F_D:\n    transient: true")
    with pytest.raises(SourceError) as caught:
        one.diff()
    assert (caught.value.file, caught.value.line) == ("components/x.yml", 2)
    assert "no ALTER makes it transient" in caught.value.message
    assert "`ignore: [transient]`" in caught.value.hint
    one.declare("databases: {F_D: {transient: true, ignore: transient}}")
    assert one.diff().changes == ()


def test_ignored_properties_are_others_business(one: Account) -> None:
    one.run("CREATE WAREHOUSE F_W WAREHOUSE_SIZE = LARGE COMMENT = 'x'")
    one.declare("warehouses: {F_W: {ignore: [warehouse_size]}}")
    assert one.sql(one.apply()) == ["ALTER WAREHOUSE F_W UNSET COMMENT"]


def test_dropped_and_brought_back(one: Account) -> None:
    """What a container is pruned of comes back with its properties and the privileges on it."""
    one.run(
        "CREATE DATABASE F_D", "CREATE DATABASE ROLE F_D.R COMMENT = 'r'", "CREATE ROLE F_R",
        "GRANT DATABASE ROLE F_D.R TO ROLE F_R", "CREATE SCHEMA F_D.S COMMENT = 's'", "GRANT USAGE ON SCHEMA F_D.S TO ROLE F_R",
    )  # fmt: skip
    one.declare("databases: {F_D: {prune: [schemas, database_roles]}}")
    assert set(actions(one.apply())) == {("drop", "schema"), ("drop", "database_role")}
    one.rollback()
    one.declare("databases: {F_D: {schemas: {S: {comment: s}}, database_roles: {R: {comment: r}}}}")
    assert one.diff().changes == ()
    assert [row["privilege"] for row in one.run("SHOW GRANTS ON SCHEMA F_D.S")] == ["OWNERSHIP", "USAGE"]


# grants


def test_grants_of_every_form(one: Account) -> None:
    one.run(
        "CREATE DATABASE F_D", "CREATE SCHEMA F_D.S", "CREATE TABLE F_D.S.A (X INT)", "CREATE TABLE F_D.S.B (X INT)",
        'CREATE VIEW F_D.S."v" AS SELECT 1 AS X', "CREATE FUNCTION F_D.S.F(X NUMBER, Y VARCHAR) RETURNS NUMBER AS '1'",
        "CREATE ROLE F_R", "CREATE ROLE F_Q", "CREATE DATABASE ROLE F_D.DR", "CREATE WAREHOUSE F_W",
    )  # fmt: skip
    one.declare("""
grants:
  F_R:
    - usage on database F_D
    - usage, monitor on schema F_D.S
    - create table, create view on schema F_D.S
    - select on all tables in schema F_D.S
    - select on all views in database F_D
    - select, insert on future tables in schema F_D.S
    - usage on future schemas in database F_D
    - update on table F_D.S.A with grant option
    - select on view F_D.S."v"
    - usage on function F_D.S.F(number, varchar(10))
    - create database on account
    - all privileges on warehouse F_W
    - role F_Q
    - database role F_D.DR
  F_D.DR:
    - usage on schema F_D.S
    - all on all tables in schema F_D.S
""")
    before = one.apply()
    assert {change.kind for change in before.changes} == {"grant"}
    one.rollback()
    assert one.sql(one.diff()) == one.sql(before)


def test_all_is_said_again_for_what_lacks_it(one: Account) -> None:
    one.run("CREATE DATABASE F_D", "CREATE SCHEMA F_D.S", "CREATE TABLE F_D.S.A (X INT)", "CREATE ROLE F_R")
    one.declare("grants: {F_R: [select on all tables in schema F_D.S]}")
    one.apply()
    one.run("CREATE TABLE F_D.S.B (X INT)")
    before = one.apply()
    assert one.sql(before) == ["GRANT SELECT ON ALL TABLES IN SCHEMA F_D.S TO ROLE F_R"]
    assert [text.replace(one.prefix, "F") for text in before.changes[0].undo] == [
        "REVOKE SELECT ON TABLE F_D.S.B FROM ROLE F_R"
    ]


def test_grant_option_is_part_of_it(one: Account) -> None:
    one.run(
        "CREATE DATABASE F_D", "CREATE ROLE F_R", "GRANT USAGE, MONITOR ON DATABASE F_D TO ROLE F_R WITH GRANT OPTION"
    )
    one.declare("grants: {F_R: [usage on database F_D, monitor on database F_D with grant option]}")
    before = one.apply()
    assert one.sql(before) == ["REVOKE GRANT OPTION FOR USAGE ON DATABASE F_D FROM ROLE F_R"]
    one.rollback()
    assert one.sql(one.diff()) == one.sql(before)


def test_pruned_grants(one: Account) -> None:
    one.run(
        "CREATE DATABASE F_D", "CREATE SCHEMA F_D.S", "CREATE TABLE F_D.S.T (X INT)", "CREATE ROLE F_R", "CREATE ROLE F_Q",
        "GRANT USAGE ON DATABASE F_D TO ROLE F_R", "GRANT SELECT, INSERT ON TABLE F_D.S.T TO ROLE F_R",
        "GRANT UPDATE ON FUTURE TABLES IN DATABASE F_D TO ROLE F_R", "GRANT ROLE F_Q TO ROLE F_R",
        "GRANT OWNERSHIP ON SCHEMA F_D.S TO ROLE F_R COPY CURRENT GRANTS",
    )  # fmt: skip
    one.declare("grants: {F_R: {prune: true, privileges: [select on all tables in database F_D]}}")
    before = one.apply()
    assert sorted(one.sql(before)) == [
        "REVOKE INSERT ON TABLE F_D.S.T FROM ROLE F_R",
        "REVOKE ROLE F_Q FROM ROLE F_R",
        "REVOKE UPDATE ON FUTURE TABLES IN DATABASE F_D FROM ROLE F_R",
        "REVOKE USAGE ON DATABASE F_D FROM ROLE F_R",
    ]
    one.rollback()
    assert sorted(one.sql(one.diff())) == sorted(one.sql(before))


def test_ownership_as_a_grant(one: Account) -> None:
    one.run(
        "CREATE DATABASE F_D", "CREATE SCHEMA F_D.S", "CREATE ROLE F_R", "GRANT USAGE ON SCHEMA F_D.S TO ROLE PUBLIC"
    )
    one.declare("grants: {F_R: [ownership on schema F_D.S, ownership on future tables in schema F_D.S]}")
    before = one.apply()
    assert "GRANT OWNERSHIP ON SCHEMA F_D.S TO ROLE F_R COPY CURRENT GRANTS" in one.sql(before)
    one.rollback()
    assert one.sql(one.diff()) == one.sql(before)


def test_members_of_public_are_all(one: Account) -> None:
    one.run("CREATE ROLE F_R")
    one.declare("grants: {F_R: [role PUBLIC]}")
    assert one.diff().changes == ()


def test_grants_to_what_is_still_to_be_made(one: Account) -> None:
    one.declare("""
roles: {F_R: {granted_to: [F_P]}, F_P: {granted_to: [SYSADMIN]}}
databases: {F_D: {schemas: {S: }, database_roles: {DR: {granted_to: [F_R]}}}}
grants:
  F_D.DR: [usage on schema F_D.S, select on future tables in schema F_D.S]
""")
    before = one.apply()
    one.rollback()
    assert one.sql(one.diff()) == one.sql(before)


@pytest.mark.parametrize("privilege", ["frobnicate", "select"])
def test_a_grant_that_snowflake_refuses(one: Account, privilege: str) -> None:
    """It is said before the first statement, or by Snowflake; never a success."""
    from snowmaker.errors import SnowmakerError

    one.run("CREATE DATABASE F_D", "CREATE ROLE F_R")
    one.declare(f"grants: {{F_R: [{privilege} on database F_D]}}")
    with pytest.raises(SnowmakerError), one.project() as project:
        project.apply()


def test_a_renamed_database_takes_nothing_of_its_name_along(one: Account) -> None:
    one.declare("databases: {F_A: }\nwarehouses: {F_A: }")
    one.apply()
    one.declare("databases: {F_B: {renamed_from: F_A}}\nwarehouses: {F_A: }")
    assert one.sql(one.apply()) == ["ALTER DATABASE F_A RENAME TO F_B"]


def test_a_dropped_warehouse_comes_back_with_its_monitor(one: Account) -> None:
    one.run("CREATE WAREHOUSE F_W", "CREATE RESOURCE MONITOR F_M WITH CREDIT_QUOTA = 1")
    one.run("ALTER WAREHOUSE F_W SET RESOURCE_MONITOR = F_M", "GRANT OWNERSHIP ON WAREHOUSE F_W TO ROLE ACCOUNTADMIN")
    others = "".join(f"'\"{row['name']}\"': , " for row in one.run("SHOW WAREHOUSES") if "_W" not in str(row["name"]))
    one.declare(f"warehouses: {{{others} prune: true}}")
    before = one.diff().changes[-1]
    assert before.undo[-1].endswith(one.fill("SET RESOURCE_MONITOR = F_M"))
    one.run("DROP WAREHOUSE F_W", "DROP RESOURCE MONITOR F_M")


def change_of(diff: Diff, kind: str) -> Change:
    return next(change for change in diff.changes if change.kind == kind)


Maker = Callable[[], Account]


RENAMED = """
databases: {F_D: {schemas: {S: {tables: {T: {columns: {A: date}}, U: {columns: {A: date}}}}}, database_roles: {X: }}}
roles: {F_R: }
grants:
  F_R:
    prune: true
    privileges:
    - usage on database F_D
    - usage on schema F_D.S
    - select on all tables in schema F_D.S
    - select on future tables in schema F_D.S
    - insert on table F_D.S.T
    - database role F_D.X
  F_D.X: [usage on schema F_D.S]
"""


def test_grants_follow_renames(one: Account) -> None:
    """What a container, its objects and their roles are called by: renamed alone, no grant is said or taken again."""
    one.declare(RENAMED)
    one.apply()
    text = RENAMED.replace("F_D", "F_E").replace("F_R", "F_Q").replace("F_E.S", "F_E.N")
    text = text.replace("F_E: {", "F_E: {renamed_from: F_D, ").replace("{S: {", "{N: {renamed_from: S, ")
    text = text.replace("F_Q: }", "F_Q: {renamed_from: F_R}}")
    one.declare(text)
    renames = ["ALTER DATABASE F_D RENAME TO F_E", "ALTER ROLE F_R RENAME TO F_Q", "ALTER SCHEMA F_E.S RENAME TO F_E.N"]
    assert sorted(one.sql(one.diff())) == renames
    one.declare(text.replace("- insert", "- update").replace("U: {columns", "V: {columns"))
    before = one.sql(one.diff())
    assert "GRANT SELECT ON ALL TABLES IN SCHEMA F_E.N TO ROLE F_Q" in before
    assert "REVOKE INSERT ON TABLE F_E.N.T FROM ROLE F_Q" in before
    one.apply()
    one.rollback()
    assert one.sql(one.diff()) == before
    one.declare(RENAMED)
    assert one.diff().changes == ()


def test_rename_and_replacement_at_once_are_refused(one: Account) -> None:
    one.declare("databases: {F_D: {schemas: {S: {file_formats: {F: {type: csv}}}}}}")
    one.apply()
    one.declare("databases: {F_D: {schemas: {N: {renamed_from: S, file_formats: {F: {type: json}}}}}}")
    with pytest.raises(SourceError, match=r"N\.F is to be replaced, and .*N to be renamed"):
        one.diff()


def test_a_database_is_imported_alone(one: Account) -> None:
    one.declare("""
databases: {F_D: {schemas: {S: {sequences: {Q: {}}}}}, F_OTHER: {}}
roles: {F_R: {}}
grants: {F_R: [usage on database F_D]}
""")
    with one.project() as project:
        project.apply()
        texts = project.import_texts(project.selection(databases=[one.fill("F_D")]))
        whole = project.import_texts(project.selection(["roles", "databases"], [one.fill("F_D")]))
    assert list(texts) == [f"{one.fill('F_D').lower()}"]
    assert {"account", one.fill("F_OTHER").lower()} & set(whole) == {"account"}
