"""What a person writes in YAML: read as it is meant, or refused with file, line, key and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from snowmaker import config, manifest
from snowmaker.components.grant import granting
from snowmaker.errors import SourceError


def refused(text: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        manifest.parse(text, "components/x.yml")
    assert caught.value.file == "components/x.yml"
    return caught.value


def names(text: str) -> set[str]:
    return {f"{one.kind.name} {one.quoted}" for one in manifest.parse(text).components}


def test_short_and_complete() -> None:
    found = manifest.parse("""
warehouses:
  TRANSFORM_WH: {size: small, auto_suspend: 60, resource_monitor: MONTHLY}
roles:
  ANALYST: {comment: Reads the marts, granted_to: [SYSADMIN]}
databases:
  ANALYTICS:
    schemas:
      MARTS:
        managed_access: true
grants:
  ANALYST:
    - usage on database ANALYTICS
    - select on all tables in schema ANALYTICS.MARTS
    - select on future tables in schema ANALYTICS.MARTS
""")
    values = {one.quoted: dict(one.values) for one in found.components}
    assert values["TRANSFORM_WH"] == {"warehouse_size": "SMALL", "auto_suspend": 60, "resource_monitor": "MONTHLY"}
    assert values["ANALYTICS.MARTS"] == {"managed_access": True}
    assert {granting([grant]) for grant in found.grants} == {
        "GRANT USAGE ON DATABASE ANALYTICS TO ROLE ANALYST",
        "GRANT SELECT ON ALL TABLES IN SCHEMA ANALYTICS.MARTS TO ROLE ANALYST",
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA ANALYTICS.MARTS TO ROLE ANALYST",
        "GRANT ROLE ANALYST TO ROLE SYSADMIN",
    }


def test_names_are_read_as_in_sql() -> None:
    text = 'roles: {orders: , \'"orders"\': , \'"My ""Role"""\': , R$1: }'
    assert names(text) == {"ROLE ORDERS", 'ROLE "orders"', 'ROLE "My ""Role"""', "ROLE R$1"}


def test_nested_and_whole_names_are_the_same() -> None:
    nested = "databases: {D: {schemas: {S: {comment: c}}}}"
    assert names(nested) == {"DATABASE D", "SCHEMA D.S"}
    assert names("schemas: {D.S: {comment: c}}") == {"SCHEMA D.S"}


def test_said_in_parts(tmp_path: Path) -> None:
    folder = project(tmp_path, {
        "a.yml": "databases: {D: {comment: c, schemas: {A: }}}",
        "deep/b.yaml": "databases: {D: {schemas: {B: {comment: b}}}}",
        ".hidden.yml": "nonsense: 1",
        "notes.txt": "nonsense: 1",
    })  # fmt: skip
    found = loaded(folder)
    assert {one.quoted for one in found.components} == {"D", "D.A", "D.B"}
    assert next(one for one in found.components if one.quoted == "D").values == {"comment": "c"}


def test_said_twice(tmp_path: Path) -> None:
    files = {"a.yml": "roles: {R: {comment: a}}", "b.yml": "\n\nroles:\n  r: {comment: b}"}
    with pytest.raises(SourceError) as caught:
        loaded(project(tmp_path, files))
    assert str(caught.value) == "components/b.yml:4: comment of role R is said here and in components/a.yml:1"


def test_templates(tmp_path: Path) -> None:
    text = """\
{% for name in ['A', 'B'] %}
{% set size = 'small' %}
warehouses_{{ name }}: x
{% endfor %}
"""
    with pytest.raises(SourceError) as caught:
        loaded(project(tmp_path, {"a.yml": text}))
    assert (caught.value.file, caught.value.line) == ("components/a.yml", 3), "the line of the template"
    files = {
        "a.yml": "roles:\n{% for name in roles %}\n  {{ prefix }}{{ name }}: {comment: '{{ environment }}'}\n{% endfor %}\n"
    }
    found = loaded(project(tmp_path, files, "[vars]\nprefix = 'DEV_'\nroles = ['A', 'B']\n"))
    assert {one.quoted: one.values["comment"] for one in found.components} == {"DEV_A": "sandbox", "DEV_B": "sandbox"}


def test_secrets_stay_placeholders(tmp_path: Path) -> None:
    found = loaded(project(tmp_path, {"a.yml": "roles: {R: {comment: \"{{ secret('x') }}\"}}"}))
    assert found.components[0].values == {"comment": "<<snowmaker:secret:x>>"}
    with pytest.raises(SourceError) as caught:
        loaded(project(tmp_path, {"a.yml": "roles: {R: {comment: '<<snowmaker:secret:x>>'}}"}))
    assert caught.value.code == "secret_marker"


def test_flags() -> None:
    found = manifest.parse(
        """
prune: [roles]
databases:
  D:
    protect: true
    schemas:
      prune: true
      PRUNE: {ignore: comment, renamed_from: OLD, prune: [database_roles]}
""".replace("[database_roles]", "false")
    )
    assert found.prune == {("ROLE", ()), ("SCHEMA", ("D",))}
    schema = next(one for one in found.components if one.kind.name == "SCHEMA")
    assert (schema.quoted, schema.ignore, schema.renamed_from) == ("D.PRUNE", {"comment"}, ("D", "OLD"))
    assert next(one for one in found.components if one.kind.name == "DATABASE").protect


def test_prune_true_is_for_the_kinds_that_stand_there() -> None:
    assert manifest.parse("databases: {D: {prune: true, schemas: {S: }}}").prune == {("SCHEMA", ("D",))}
    assert manifest.parse("databases: {D: {prune: [schemas, database_roles]}}").prune == {
        ("SCHEMA", ("D",)), ("DATABASE ROLE", ("D",)),
    }  # fmt: skip


def test_anchors_and_merges() -> None:
    found = manifest.parse("""
warehouses:
  A: &base {size: small, auto_suspend: 60}
  B: {<<: *base, auto_suspend: 30}
""")
    assert [one.values for one in found.components] == [
        {"warehouse_size": "SMALL", "auto_suspend": 60},
        {"warehouse_size": "SMALL", "auto_suspend": 30},
    ]


def test_yes_and_no_are_texts() -> None:
    found = manifest.parse("roles: {A: {comment: no}, YES: {comment: on}, B: {comment: 2024-01-01}}")
    assert [one.values["comment"] for one in found.components] == ["no", "on", "2024-01-01"]


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("warehouse: {W: }", "'warehouse' is no kind of component", "did you mean warehouses?"),
        ("warehouses: {W: {sise: small}}", "'sise' is no property of a warehouse", "did you mean size?"),
        ("warehouses: {W: {size: smal}}", "size of warehouse W is one of", ""),
        ("warehouses: {W: {size: true}}", "size of warehouse W is one of", ""),
        ("warehouses: {W: {auto_suspend: soon}}", "auto_suspend of warehouse W is a whole number, 0 or more", ""),
        ("warehouses: {W: {auto_suspend: -1}}", "is a whole number, 0 or more", ""),
        ("warehouses: {W: {max_cluster_count: 1000}}", "is a whole number, 1 to 300", ""),
        ("warehouses: {W: {auto_resume: 1}}", "auto_resume of warehouse W is true or false", ""),
        ("warehouses: {W: {size: small, warehouse_size: small}}", "warehouse_size is said twice", ""),
        ("warehouses: {W: [small]}", "warehouse W is a mapping", ""),
        ("warehouses: small", "warehouses is a mapping", ""),
        ("warehouses: {my-wh: }", "'my-wh' is not a valid unquoted identifier; with its quotes it is '\"my-wh\"'", ""),
        ("warehouses: {1WH: }", "is not a valid unquoted identifier", ""),
        ("warehouses: {2024: }", "is not a valid unquoted identifier", ""),
        ("warehouses: {table: }", "table is a reserved word: as a name it is '\"TABLE\"'", ""),
        ("warehouses: {'': }", "is not a valid unquoted identifier", ""),
        ("warehouses: {a.b: }", "has 2 parts; such a name has 1", ""),
        ("schemas: {S: }", "needs its database before it", ""),
        ("databases: {D: {schemas: {X.Y.Z: }}}", "has 3 parts; such a name has 2", ""),
        ("databases: {D: {warehouses: {W: }}}", "'warehouses' is no property of a database", ""),
        ("databases: {D: {tabels: {}}}", "'tabels' is no property of a database", ""),
        ("prune: true", "prune needs the kinds", ""),
        ("prune: [warehuses]", "'warehuses' is no kind to prune here", "did you mean warehouses?"),
        ("prune: [schemas]", "'schemas' is no kind to prune here", ""),
        ("warehouses: {W: {ignore: [sise]}}", "'sise' is no property of a warehouse", "did you mean size?"),
        ("warehouses: {W: {protect: maybe}}", "protect is true or false", ""),
        ("grants: {R: usage}", "'usage' is no grant", ""),
        ("grants: {R: [select on table T]}", "a table is named by DATABASE.SCHEMA.NAME", ""),
        ("grants: {R: [usage on database]}", "says not what kind of object it is on", ""),
        ("grants: {R: [select on all tables]}", "says not where", ""),
        ("grants: {R: [select on all tables in account]}", "are in a DATABASE or a SCHEMA", ""),
        ("grants: {R: [usage on procedure D.S.P]}", "needs the types of the arguments", ""),
        ("grants: {user BOB: [usage on database D]}", "only roles are granted to users", ""),
        ("grants: {R: {privileges: [], prun: true}}", "'prun' is no word of the grants of R", "did you mean prune?"),
        ("grants: {R: {prune: 1}}", "prune is true or false", ""),
        ("grants: {R: 7}", "the grants of R are a list", ""),
        ("grants: {a.b.c: []}", "is neither a role nor a database role", ""),
        ("- a", "holds no mapping", ""),
        ("a: {b: c", "not YAML", "comma ends a value"),
        ("a: b: c", "not YAML", "put text that has `: ` in quotes"),
        ("a:\n\t- b", "not YAML", ""),
        ("roles: {R: , R: }", "'R' stands twice, here and on line 1", "one of them would be lost"),
        ("? [a]\n: b", "a key has to be a text", "put it in quotes"),
        ("a: &x {b: *x}", "nested too deeply", ""),
        ("a: " + "[" * 200 + "]" * 200, "nested too deeply", ""),
        ("a: *nowhere", "not YAML", ""),
        ("%YAML 9.9\n--- \na: 1", "not YAML", ""),
        ("a: 1\n---\nb: 2", "not YAML", ""),
    ],
)  # fmt: skip
def test_refused(text: str, said: str, hint: str) -> None:
    error = refused(text)
    assert said in error.message
    assert hint in error.hint
    assert error.line >= 1


def test_the_line_is_that_of_the_key() -> None:
    assert refused("warehouses:\n\n  # comment\n  W:\n    size: small\n    sise: x\n").line == 6
    assert refused("grants:\n  R:\n    - usage on database D\n  Q: 1\n").line == 4


def test_a_bomb_of_aliases() -> None:
    lines = ["a: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "much too large" in refused("\n".join(lines)).message


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe", "is not UTF-8"), (b"a: \0", "contains a NUL"), (b"a: \x07", "not YAML")],
)
def test_no_text(tmp_path: Path, content: bytes, said: str) -> None:
    folder = project(tmp_path, {})
    (folder / "components" / "x.yml").write_bytes(content)
    with pytest.raises(SourceError, match=said):
        loaded(folder)


@pytest.mark.parametrize(
    "text", ["", "\n# only a comment\n", "---\n", "{}", "roles:", "grants:\n", "\ufeffroles: {R: }", "roles: {R: }\r\n"]
)
def test_nothing_or_next_to_it(tmp_path: Path, text: str) -> None:
    assert len(loaded(project(tmp_path, {"x.yml": text})).components) == text.count("R:")


def project(folder: Path, files: dict[str, str], settings: str = "") -> Path:
    (folder / "snowmaker.toml").write_text(settings)
    (folder / "components").mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / "components" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def loaded(folder: Path):
    settings = config.load(folder)
    return manifest.load(settings, config.resolve(settings))
