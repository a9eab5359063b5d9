"""`diff --drift`, `--adopt` and `--revert`: who changed what is not as declared, and both answers to it."""

from __future__ import annotations

import json

import pytest

from snowmaker.cli import run
from snowmaker.model import Change, Diff, Touch

from .test_flows import Account, one  # noqa: F401 (a fixture)

YAML = """\
# what the team declares
warehouses:
  # small is enough
  F_WH: {size: small, auto_suspend: 60, initially_suspended: true}  # in seconds
roles:
  F_R: {comment: reads, granted_to: [SYSADMIN]}
databases:
  F_D:
    prune: [schemas]
    schemas:
      S:
        prune: [tables]
        tables:
          # one row per order
          ORDERS:
            columns:
              ID: number(38,0)   # never null
              TOTAL: number(12,2)
            comment: the orders
          GONE: {columns: {A: varchar}}
grants:
  F_R:
    prune: true
    privileges:
      # to find it
      - usage on database F_D
      - usage on schema F_D.S
      - select, insert on table F_D.S.ORDERS
"""


def touches(diff: Diff) -> dict[str, Touch | None]:
    return {change.target: change.touched for change in diff.changes}


def drifted(account: Account) -> Diff:
    with account.project() as project:
        return project.diff(drift=True)


def changed_by_hand(account: Account) -> None:
    account.run(
        "ALTER WAREHOUSE F_WH SET WAREHOUSE_SIZE = LARGE",
        "ALTER WAREHOUSE F_WH SET COMMENT = 'unrelated'",
        "USE SCHEMA F_D.S",
        "ALTER TABLE F_D.S.ORDERS ADD COLUMN NOTE VARCHAR(20)",
        "ALTER TABLE F_D.S.ORDERS ALTER COLUMN TOTAL SET DATA TYPE NUMBER(14,2)",
        "COMMENT ON TABLE F_D.S.ORDERS IS 'all orders'",
        "DROP TABLE F_D.S.GONE",
        "CREATE TABLE F_D.S.EXTRA (X DATE)",
        "REVOKE INSERT ON TABLE F_D.S.ORDERS FROM ROLE F_R",
        "GRANT CREATE VIEW ON SCHEMA F_D.S TO ROLE F_R",
        "REVOKE ROLE F_R FROM ROLE SYSADMIN",
    )


def test_who_changed_it(one: Account) -> None:  # noqa: F811
    """A person, with the statement that says so; snowmaker's own run; and nobody for what nobody changed."""
    one.declare(YAML)
    one.apply()
    assert drifted(one).changes == ()
    changed_by_hand(one)
    found = drifted(one)
    by = {one.fill(text): touch for text, touch in touches(found).items()}
    assert all(touch is not None and touch.user == "ADMIN" and not touch.run for touch in by.values())
    said = {target.replace(one.prefix, "F"): touch.statement for target, touch in by.items() if touch is not None}
    assert said["F_WH"].endswith("SET COMMENT = 'unrelated'")
    assert said["F_D.S.GONE"].startswith("DROP TABLE")
    assert said["F_D.S.EXTRA"].startswith("CREATE TABLE")
    assert said["F_D.S.ORDERS"].startswith(("COMMENT ON TABLE", "ALTER TABLE"))
    grants = [text for target, text in said.items() if " to role F_R" in target]
    assert sorted(text.split()[0] for text in grants) == ["GRANT", "REVOKE"]


def test_the_property_that_differs_counts(one: Account) -> None:  # noqa: F811
    one.declare("warehouses: {F_WH: {size: small, comment: x, initially_suspended: true}}")
    one.apply()
    one.run(
        "ALTER WAREHOUSE F_WH SET WAREHOUSE_SIZE = LARGE",
        "ALTER WAREHOUSE F_WH SET COMMENT = 'x'",
    )
    (touch,) = touches(drifted(one)).values()
    assert touch is not None
    assert touch.statement.endswith("SET WAREHOUSE_SIZE = LARGE")


def test_snowmakers_own_runs_are_told(one: Account) -> None:  # noqa: F811
    one.declare("databases: {F_D: {schemas: {S: {tables: {T: {columns: {A: date}}}}}}}")
    one.apply()
    one.declare("databases: {F_D: {schemas: {S: {tables: {T: {columns: {A: date}, comment: new}}}}}}")
    (touch,) = touches(drifted(one)).values()
    assert touch is not None
    assert touch.run
    assert touch.script.startswith("apply ")


def test_adopting_keeps_comments(one: Account) -> None:  # noqa: F811
    """The files say what the account has; all else in them stays, and nothing differs."""
    one.declare(YAML)
    one.apply()
    changed_by_hand(one)
    with one.project() as project:
        taken = project.adopt()
    assert (taken.files, taken.left) == (("components/x.yml",), ())
    assert taken.adopted == 7
    text = (one.folder / "components" / "x.yml").read_text().replace(one.prefix, "F")
    assert (
        text
        == """\
# what the team declares
warehouses:
  # small is enough
  F_WH: {size: large, auto_suspend: 60, initially_suspended: true, comment: unrelated}  # in seconds
roles:
  F_R: {comment: reads, granted_to: []}
databases:
  F_D:
    prune: [schemas]
    schemas:
      S:
        prune: [tables]
        tables:
          # one row per order
          ORDERS:
            columns:
              ID: number(38,0)   # never null
              TOTAL: NUMBER(14,2)
              NOTE: VARCHAR(20)
            comment: all orders
          EXTRA:
            columns:
              X: DATE
            owner: ACCOUNTADMIN
grants:
  F_R:
    prune: true
    privileges:
      # to find it
      - usage on database F_D
      - usage on schema F_D.S
      - select on table F_D.S.ORDERS
      - create view on schema F_D.S
"""
    )
    assert one.diff().changes == ()


def test_what_a_template_writes_is_left(one: Account) -> None:  # noqa: F811
    one.declare("""
warehouses:
  F_WH: {size: "{{ 'small' }}", comment: a}
{% if true %}
  F_V:
    size: small
{% endif %}
""")
    one.apply()
    one.run("ALTER WAREHOUSE F_WH SET WAREHOUSE_SIZE = LARGE COMMENT = '{{ b }}'")
    one.run("ALTER WAREHOUSE F_V SET WAREHOUSE_SIZE = LARGE")
    with one.project() as project:
        taken = project.adopt()
    assert len(taken.left) == 2
    assert all("template" in text for text in taken.left)
    text = (one.folder / "components" / "x.yml").read_text()
    assert "size: \"{{ 'small' }}\"" in text
    assert len(one.diff().changes) == 2


def test_a_value_that_looks_like_a_template_stays_a_value(one: Account) -> None:  # noqa: F811
    one.declare("warehouses:\n  F_WH: {comment: a}\n")
    one.apply()
    one.run("ALTER WAREHOUSE F_WH SET COMMENT = '{{ b }} \\'{%\\' #'")
    with one.project() as project:
        assert project.adopt().left == ()
    assert one.diff().changes == ()


def test_reverting_writes_a_migration(one: Account) -> None:  # noqa: F811
    one.declare(YAML)
    one.apply()
    changed_by_hand(one)
    assert run(["-C", str(one.folder), "diff", "--revert", "-e", "shared", "--json"]) == 0
    with one.project() as project:
        project.migrate()
    assert one.diff().changes == ()


def test_on_the_command_line(one: Account, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    one.declare("warehouses: {F_WH: {size: small, initially_suspended: true}}")
    one.apply()
    one.run("ALTER WAREHOUSE F_WH SET WAREHOUSE_SIZE = LARGE")
    base = ["-C", str(one.folder), "diff", "-e", "shared"]
    assert run([*base, "--drift"]) == 1
    assert "last by ADMIN (ACCOUNTADMIN)" in capsys.readouterr().out
    assert run([*base, "--drift", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["changes"][0]["touched"]["user"] == "ADMIN"
    assert run([*base, "--adopt", "--revert"]) == 2
    assert run([*base, "--adopt"]) == 0
    assert run(base) == 0


def test_an_unreadable_history_is_a_warning() -> None:
    from snowmaker.drift import with_touches
    from snowmaker.errors import StatementError

    class Closed:
        def execute(self, text: str) -> None:
            raise StatementError("no")

    change = Change("alter", "warehouse", "W", "safe", "", ())
    assert with_touches(Closed(), "D", [change])[0] == (change,)  # type: ignore[arg-type]
    assert "cannot be read: no" in with_touches(Closed(), "D", [change])[1]  # type: ignore[arg-type]


def test_tags_that_a_container_has_are_told_from_those_it_declares(one: Account) -> None:  # noqa: F811
    one.declare(
        "databases: {F_D: {schemas: {S: {tags: {COST: a, LEVEL: {comment: how secret}}}}}}\ntags: {F_D.S.COST: {}}\n"
    )
    one.apply()
    one.run("ALTER TAG F_D.S.LEVEL SET COMMENT = 'how public'", "ALTER SCHEMA F_D.S UNSET TAG F_D.S.COST")
    with one.project() as project:
        taken = project.adopt()
    assert any("stand beside those declared there" in text for text in taken.left)
    with one.project() as project:
        assert [change.kind for change in project.diff().changes] == ["schema"]
