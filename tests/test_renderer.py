"""Templates, checksums, secrets, paths of PUT. What schemachange makes of a text was measured with 4.4.0 itself."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowmaker import config, loader, sql
from snowmaker.errors import ConfigError, SourceError
from snowmaker.model import Script, Source
from snowmaker.placeholders import placeholder
from snowmaker.renderer import Renderer, checksum, environment_secrets, put_files, resolve_put, substitute

VARIABLES = """
[vars]
db = "D"
n = 1.5
ok = true
list = ["a", "b"]
d = { a = { b = 3 } }
text = "l1\\r\\nl2"
retention_days = 1
"""


def project(
    folder: Path, files: dict[str, str | bytes], settings: str = VARIABLES, **variables: Any
) -> dict[str, Source]:
    (folder / "snowmaker.toml").write_text(settings)
    for name, text in files.items():
        path = folder / name if "/" in name else folder / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {source.script: source for source in loader.load(folder, config.load(folder))}


def renderer(folder: Path, **variables: Any) -> Renderer:
    settings = config.load(folder)
    return Renderer(settings, config.resolve(settings, None, variables))


def render(folder: Path, text: str | bytes, others: dict[str, str | bytes] | None = None, **variables: Any) -> Script:
    sources = project(folder, {**(others or {}), "V1__x.sql": text})
    return renderer(folder, **variables).render(sources["V1__x.sql"])


def refused(folder: Path, text: str, others: dict[str, str | bytes] | None = None, **variables: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        render(folder, text, others, **variables)
    assert caught.value.__cause__ is None or not isinstance(caught.value.__cause__, SourceError)
    return caught.value


# checksums: (text of the file, what schemachange 4.4.0 made of it with VARIABLES and the files below)

INCLUDED = {"inc.sql": b"SELECT 'inc';\r\n\r\n", "m.j2": b"{% macro f(x) %}\nSELECT '{{ x }}'\n{% endmacro %}\n"}
SCHEMACHANGE = [
    ("SELECT 1", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT 1;", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT 1;\n", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT 1;;", "b4fe9ef4eaa93f136984761f92552bb4d4978ff02403ae8aab3ff8c6"),
    ("SELECT 1;\n;\n", "8e37c25732cca71398052edbae30f03979d2b025c8661c2ef0d89532"),
    ("SELECT 1 ;  \n\n", "35a02bba84ea3c7e767f95474811b45353ffc23eade105a093862562"),
    ("\n\n  SELECT 1\n", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT 1;\r\nSELECT 2;\r\n", "fad040da60b04b4f582280d61a7795ca4eca8e3e08112e42da52cb31"),
    ("SELECT 1;\rSELECT 2", "fad040da60b04b4f582280d61a7795ca4eca8e3e08112e42da52cb31"),
    ("\ufeffSELECT 1;", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("\ufeff\n SELECT 1;", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT 1; -- last", "0f28cc531b7dc9428b7358fb27319f76adc01ebeb31d54abdb591388"),
    ("SELECT 1;\n-- a\n/* b */\n", "2d6ae906b4e38974c5c02b4a337ef9493ccd293be2e47ffb1a9f547d"),
    ("-- first\nSELECT 1;\n", "84c8c452e03a7ae38adb12f4cf807d03ea6017b86ed0fd8a83fdc683"),
    ("SELECT 'a;';", "4a2d9b9f25ca0911e3d2da10674bd94e344c07ab0bc993ff44c4a9c3"),
    ("SELECT 1;\t\x0b\x0c", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT 1;\xa0\u2003", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT 1;\x85", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT '\xe9 \u2014 \u6f22';\n", "d54376238615e332fd7c694b573980e0da841401a240fb2d455a5523"),
    ("{{ db }}\n", "7497e88b8c64062edfb2f30b9c5f845552b841d1fbae97ab3f224f74"),
    ("CREATE TABLE {{ db }}.T (A INT);\r\n", "10931b4682d5ab69f648c3b77d929157030bc2f9fb2fdec636d4cd30"),
    ("{% set x = 1 %}\nSELECT {{ x }};\n", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("{# note #}SELECT 1;\n{# end #}", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("{%- if db == 'D' -%}\nSELECT 1;\n{%- endif %}\n", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT {{ n }} + {{ ok }} + {{ none }};", "899db11072014d3dd90c9e77e870376b4f6de0ffe8438ad5df463d1a"),
    ("{% for s in list %}SELECT '{{ s }}';\n{% endfor %}", "193c46a37d43981c2d6b016e712fd0025306d928e9dd05c4aa7a9719"),
    ("{% include 'inc.sql' %}\nSELECT 2;", "fff3c49c0ceebaa3703f679dcda0f7f2203c6eae3b3dc0194201723c"),
    ("{% import 'm.j2' as m %}{{ m.f('a') }};", "ca8ee9bdd427120aa3ffe7c2b142e50f4e400d8b4772a649c29a65ed"),
    ("SELECT {{ d.a.b }}, '{{ d }}';", "83aced2b9e2708ac3acb9c29c2c9c92c7e5dcb8374d5933b1a147ff9"),
    ("{% raw %}{{ x }}{% endraw %};", "31e3d7a85b9d323d4c1dc5ab0dc9109a45ffbc50f34aaed80950be3c"),
    ("SELECT '{{ env_var('SC_TEST', 'dflt') }}';", "b90402ee84bd1bdbfb36a9c4d711460fce5abe864f87b7c6e9755380"),
    ("SELECT $$a;$$;", "a5b50c6873ed8c1615b2488942c306fd4ae5290150e3b4437aea777d"),
    ("\ufeff{% set q = 1 %}SELECT {{ q }};\n\n", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("SELECT '{{ text }}';", "3d4a346f455e6e6164e3b1770e356a2d1bc7cd5e8adce48f4b331d9c"),
    ("SELECT 1 /* {{ db }} */;\n\n\n", "e8aeea81c8e2d26b475ef2af63c5fa2f0423a431a9b7a35b5dccf6ba"),
    ("{{ '\ufeff' }}SELECT 1;", "cf10d24b9fdfe97deed2616e91ce08dc4491bbc0d556a1f518647de5"),
    ("  {{ db | lower }} ; ", "fe5e939b3002c1542d75829a60fba8c1865b96871bc9d4e87e0f6e63"),
    ("SELECT 1;\n{% if false %}x{% endif %}\n;", "688456a2f3fc6c11e079e8a87268d8da175c1c8edbcb29e35f76e285"),
]


@pytest.mark.parametrize(("text", "expected"), SCHEMACHANGE)
def test_checksums_are_those_of_schemachange(tmp_path: Path, text: str, expected: str) -> None:
    assert render(tmp_path, text.encode(), {**INCLUDED}, none=None).checksum == expected


@given(st.text(st.sampled_from("a;\n \t-'é"), max_size=20))
def test_a_checksum_ignores_byte_order_mark_blanks_around_and_one_semicolon(text: str) -> None:
    assert checksum(f"\ufeff \n{text}\n") == checksum(text)
    assert checksum("SELECT 1;") == checksum("SELECT 1") != checksum("SELECT 1;;")


def test_a_script_has_all_that_its_source_has(tmp_path: Path) -> None:
    text = "-- snowmaker: role=R\nCREATE TABLE {{ db }}.T (A INT);\nSELECT 1;\n"
    sources = project(tmp_path, {"V1__x.sql.jinja": text, "U1__x.sql": "DROP TABLE {{ db }}.T;\n"})
    source = sources["V1__x.sql"]
    script = renderer(tmp_path).render(source)
    assert [statement.text for statement in script.statements] == ["CREATE TABLE D.T (A INT)", "SELECT 1"]
    assert [statement.line for statement in script.statements] == [2, 3]
    assert script.source_checksum == source.source_checksum
    assert script.directives.role == "R"
    assert script.path == "migrations/V1__x.sql.jinja"
    assert script.undo is not None
    assert script.undo.text == "DROP TABLE D.T;"


def test_empty_and_comment_only_scripts(tmp_path: Path) -> None:
    assert render(tmp_path, "").statements == ()
    assert render(tmp_path, "{# nothing #}\n-- nothing\n").statements == ()


# templates


def test_functions_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESENT", "p")
    text = (
        "{{ var('db') }} {{ var('nope', 'n') }} {{ env_var('PRESENT') }} {{ env_var('ABSENT', 'a') }} "
        "{{ environment }} {{ d.a.b }} {{ list | join('+') }} {{ nope | default('x') }} {{ nope is defined }}"
    )
    assert render(tmp_path, text).text == "D n p a sandbox 3 a+b x False"
    assert render(tmp_path, "{{ environment }}", environment="mine").text == "mine"


def test_macros_and_includes(tmp_path: Path) -> None:
    others: dict[str, str | bytes] = {
        "templates/macros/tables.j2": "{% macro t(name) %}{{ var('db') }}.{{ name }}{% endmacro %}",
        "sub/inc.sql": b"\xef\xbb\xbfSELECT '{{ db }}';\n",
        "migrations/sub/inc.sql": "SELECT '{{ db }}';\n",
        "modules/m.j2": "{% macro m() %}module{% endmacro %}",
    }
    text = "{% from 'tables.j2' import t %}{% import 'modules/m.j2' as m %}{{ t('X') }} {{ m.m() }} {% include 'sub/inc.sql' %}"
    assert render(tmp_path, text, others).text == "D.X module SELECT 'D';"


def test_includes_stay_in_their_folders(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "outside.sql").write_text("outside")
    (folder / "migrations").mkdir()
    (folder / "migrations" / "link.sql").symlink_to(tmp_path / "outside.sql")
    for name in ("../outside.sql", "../../outside.sql", str(tmp_path / "outside.sql"), "link.sql", "snowmaker.toml"):
        error = refused(folder, f"\n{{% include '{name}' %}}")
        assert (error.code, error.line) == ("template_not_found", 2)


def test_an_undefined_variable(tmp_path: Path) -> None:
    error = refused(tmp_path, "SELECT 1;\n\nSELECT {{ retention_day }};\n")
    assert (error.code, error.file, error.line) == ("undefined_variable", "migrations/V1__x.sql", 3)
    assert "there are: d, db, environment, list, n, ok, retention_days, text" in error.message
    assert error.hint == "did you mean retention_days?"
    assert refused(tmp_path, "{{ var('dd_') }}").code == "undefined_variable"
    assert refused(tmp_path, "{{ d.x.y }}").code == "undefined_variable"
    assert refused(tmp_path, "{{ d.a | upper | nofilter }}").code == "template_syntax"


def test_an_error_in_a_macro_names_the_macros_file(tmp_path: Path) -> None:
    others: dict[str, str | bytes] = {"templates/macros/m.j2": "{% macro f() %}\n\n{{ nope }}{% endmacro %}"}
    error = refused(tmp_path, "{% import 'm.j2' as m %}\n{{ m.f() }}", others)
    assert (error.code, error.file, error.line) == ("undefined_variable", "templates/macros/m.j2", 3)
    others = {"templates/macros/m.j2": "\n{% if %}"}
    error = refused(tmp_path, "{% import 'm.j2' as m %}\n{{ m.f() }}", others)
    assert (error.code, error.file, error.line) == ("template_syntax", "templates/macros/m.j2", 2)
    others = {"templates/macros/m.j2": b"\n\xff"}
    error = refused(tmp_path, "{% import 'm.j2' as m %}\n{{ m.f() }}", others)
    assert (error.code, error.file, error.line) == ("not_utf8", "templates/macros/m.j2", 2)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a\n{{ }", "template_syntax", 2),
        ("a\n{% if ok %}", "template_syntax", 2),
        ("\n{% nope %}", "template_syntax", 2),
        ("\n{{ 1 / 0 }}", "template_error", 2),
        ("\n{{ 1 + 'a' }}", "template_error", 2),
        ("\n{{ 'a'.__class__.__mro__ }}", "template_error", 2),
        ("\n{{ list.append('c') }}", "template_error", 2),
        ("\n{{ 'x' * 10**9 }}", "template_error", 2),
        ("\n{{ [1] * 10**9 }}", "template_error", 2),
        ("\n{{ 10 ** 100000 }}", "template_error", 2),
        ("\n{{ '%1000000000d' % 1 }}", "template_error", 2),
        ("\n{{ 10 ** 3000 * 10 ** 3000 }}", "template_error", 2),
        ("\n{{ range(10**9) }}", "template_error", 2),
        (
            "\n{% for a in range(99999) %}{% for b in range(99999) %}{{ '        ' }}{% endfor %}{% endfor %}",
            "template_error",
            0,
        ),
        ("{% macro f() %}{{ f() }}{% endmacro %}\n{{ f() }}", "template_error", 1),
        ("\n{% include 'V1__x.sql' %}", "template_error", 2),
        ("\n{{ env_var('NO_SUCH_VARIABLE') }}", "missing_env_var", 2),
        ("\n{% include 'nope.sql' %}", "template_not_found", 2),
        ("\n{{ '\\ud800' }}", "template_error", 0),
        ("\n{{ db() }}", "template_error", 2),
        ("\n{% for x in n %}{% endfor %}", "template_error", 2),
        ("\n{{ secret() }}", "template_error", 2),
    ],
)
def test_whatever_goes_wrong_has_a_place(tmp_path: Path, text: str, code: str, line: int) -> None:
    error = refused(tmp_path, text)
    assert (error.code, error.file, error.line) == (code, "migrations/V1__x.sql", line), error


def test_a_splitting_error_has_file_and_line(tmp_path: Path) -> None:
    error = refused(tmp_path, "SELECT 1;\nSELECT 'open")
    assert (error.file, error.line) == ("migrations/V1__x.sql", 2)


def test_fifty_megabytes_without_a_template(tmp_path: Path) -> None:
    text = "INSERT INTO T VALUES (1, 'abcdefgh');\n" * 10
    sources = project(tmp_path, {"V1__x.sql": text})
    started = time.monotonic()
    script = renderer(tmp_path).render(sources["V1__x.sql"])
    assert len(script.statements) == 10
    assert time.monotonic() - started < 1


# secrets


def test_a_secret_renders_to_its_placeholder(tmp_path: Path) -> None:
    text = (
        "{% macro quoted(x) %}'{{ x }}'{% endmacro %}{% set token = secret('TOKEN') %}"
        "CREATE USER U PASSWORD = {{ secret('DB.PASSWORD') }} COMMENT = {{ quoted(token) }};"
    )
    script = render(tmp_path, text)
    assert script.secrets == ("DB.PASSWORD", "TOKEN")
    (statement,) = script.statements
    assert statement.text == (
        f"CREATE USER U PASSWORD = {placeholder('DB.PASSWORD')} COMMENT = '{placeholder('TOKEN')}'"
    )
    sent = substitute(statement.text, {"DB.PASSWORD": "it's", "TOKEN": "a\\b"}.__getitem__)
    assert sent == "CREATE USER U PASSWORD = 'it''s' COMMENT = 'a\\\\b'"


@pytest.mark.parametrize(
    "use",
    [
        *(
            "s | upper",
            "s | string",
            "s | default('x')",
            "s | tojson",
            "s | length",
            "s | e",
            "[s] | join",
            "[s] | string",
        ),
        *(
            "s ~ 'x'",
            "'x' ~ s",
            "s + 'x'",
            "'x' + s",
            "s * 2",
            "'%s' % s",
            "'{}'.format(s)",
            "'x'.join([s])",
            "{'a': s}",
        ),
        *(
            "s == 'x'",
            "'x' == s",
            "s != 'x'",
            "s in ['x']",
            "'x' in s",
            "s < 'x'",
            "not s",
            "s or 'x'",
            "'a' if s else 'b'",
        ),
        *(
            "s is string",
            "s is defined",
            "s.upper()",
            "s._name",
            "s.name",
            "s[0]",
            "s[:1]",
            "s()",
            "s|attr('_name')",
            "[s]",
        ),
        *(
            "{s: 1}",
            "s|list",
            "-s",
            "m(s)|upper",
            "m(s)[:3]",
            "m(s).upper()",
            "m(s)|replace('secret', 'x')",
            "dict(a=s)",
        ),
        *("'{0}'.format(m(s))[5:]", "b|upper", "b[1:]", "[b|length]"),
    ],
)
def test_a_secret_can_only_be_output(tmp_path: Path, use: str) -> None:
    text = (
        "{% macro m(x) %}{{ x }}{% endmacro %}{% set s = secret('S') %}{% set b %}{{ s }}{% endset %}\n"
        f"SELECT {{{{ {use} }}}};"
    )
    error = refused(tmp_path, text)
    assert error.file == "migrations/V1__x.sql"
    assert error.code in ("secret_use", "template_error")


@pytest.mark.parametrize("use", ["{% for x in secret('S') %}{% endfor %}", "{% if secret('S') %}{% endif %}"])
def test_a_secret_is_no_condition(tmp_path: Path, use: str) -> None:
    assert refused(tmp_path, f"SELECT 1;\n{use}").line == 2


@pytest.mark.parametrize("name", ["", "a b", "a'b", "a--b", "a//b", "é", "/a", "a>>"])
def test_a_secrets_name_is_plain(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, f'{{{{ secret("{name}") }}}}').code == "bad_secret"


def test_nothing_else_may_have_the_marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = placeholder("S")
    assert refused(tmp_path, f"SELECT 1;\nSELECT {forged};").line == 2
    assert refused(tmp_path, f"SELECT {forged.upper()};").code == "secret_marker"
    assert refused(tmp_path, "{% include 'i.sql' %}", {"i.sql": forged}).code == "secret_marker"
    assert refused(tmp_path, "{{ '<<snow' ~ 'maker:secret:S>>' }}").code == "secret_use"
    monkeypatch.setenv("FORGED", forged)
    assert refused(tmp_path, "{{ env_var('FORGED') }}").code == "secret_marker"
    with pytest.raises(ConfigError, match="variable 'x'"):
        render(tmp_path, "{{ db }}", x={"a": [forged]})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('SELECT "{{ s }}"', "a quoted identifier"),
        ("SELECT $$ {{ s }} $$", "a $$ body"),
        ("SELECT 1; -- {{ s }}", "a comment"),
        ("/* {{ s }} */ SELECT 1", "a comment"),
        ("SELECT x{{ s }}", "right beside other text"),
        ("SELECT {{ s }}x", "right beside other text"),
        ("SELECT 'a'{{ s }}", "right beside other text"),
        ("SELECT {{ s }}'a'", "right beside other text"),
        ("SELECT {{ s }}{{ s }}", "right beside other text"),
        ("PUT file:///tmp/{{ s }} @s", "right beside other text"),
        ("SELECT 'a\\{{ s }}'", "after a backslash"),
        ("EXECUTE IMMEDIATE 'SELECT ''{{ s }}'''", "a string within a string"),
        ("EXECUTE IMMEDIATE 'SELECT \\'{{ s }}\\''", "a string within a string"),
    ],
)
def test_where_no_secret_can_stand(tmp_path: Path, text: str, says: str) -> None:
    error = refused(tmp_path, "\n{% set s = secret('S') %}\n" + text)
    assert (error.code, error.file, error.line) == ("secret_place", "migrations/V1__x.sql", 3), error
    assert says in error.message


def test_many_secrets_in_one_text() -> None:
    one, two = placeholder("ONE"), placeholder("TWO")
    text = f"SELECT {one}, '{two}', 'it''s \\\\{one}' || 'x', ({two})::VARCHAR, {one}"
    sent = substitute(text, {"ONE": "1", "TWO": "2'"}.__getitem__)
    assert sent == "SELECT '1', '2''', 'it''s \\\\1' || 'x', ('2''')::VARCHAR, '1'"


@given(st.text(max_size=20), st.text(st.sampled_from("ab '\\;$-"), max_size=8))
def test_a_value_stays_inside_its_literal(value: str, around: str) -> None:
    """Whatever the value is, the text has the same parts as with a harmless one."""
    literal = sql.quote_literal(around + "|")[:-1]
    text = f'SELECT {placeholder("S")}, {literal}{placeholder("S")}\', "I", $$ b $$ -- end'
    sent = substitute(text, lambda name: value)
    states = [(state, sent[begin:end]) for state, begin, end in sql.spans(sent)]
    quoted = value.replace("\\", "\\\\").replace("'", "''")
    assert states == [
        ("code", "SELECT "),
        ("string", f"'{quoted}'"),
        ("code", ", "),
        ("string", f"{literal}{quoted}'"),
        ("code", ", "),
        ("identifier", '"I"'),
        ("code", ", "),
        ("dollar", "$$ b $$"),
        ("code", " "),
        ("comment", "-- end"),
    ]


def test_values_are_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError) as caught:
        substitute(f'SELECT {placeholder("A")}, "{placeholder("B")}"', lambda name: "hunter2")
    assert "hunter2" not in repr(caught.value)
    monkeypatch.setenv("SNOWMAKER_SECRET_DB_PASSWORD", "own")
    monkeypatch.setenv("PLAIN", "plain")
    assert environment_secrets("db/password") == "own"
    assert environment_secrets("PLAIN") == "plain"
    monkeypatch.setenv("SNOWMAKER_SECRET_EMPTY", "")
    for name in ("EMPTY", "ABSENT_SECRET"):
        with pytest.raises(ConfigError) as missing:
            environment_secrets(name)
        assert (missing.value.code, missing.value.hint) == (
            "missing_secret",
            f"set the variable SNOWMAKER_SECRET_{name}",
        )


def test_a_secret_changes_no_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for value in ("one", "two"):
        monkeypatch.setenv("SNOWMAKER_SECRET_S", value)
        found.add(render(tmp_path, "SELECT {{ secret('S') }}").checksum)
    assert len(found) == 1


# PUT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PUT file://data/w.csv.gz @s", "PUT file:///p/data/w.csv.gz @s"),
        ("put 'file://data/w.csv' @s OVERWRITE = TRUE", "put 'file:///p/data/w.csv' @s OVERWRITE = TRUE"),
        ("-- load\n/* it */ PUT  file://./a*.csv @s", "-- load\n/* it */ PUT  file:///p/a*.csv @s"),
        ("PUT 'file://it''s.csv' @s", "PUT 'file:///p/it''s.csv' @s"),
        *[
            (text, text)
            for text in ("PUT file:///tmp/x @s", "PUT file://C:/x @s", "PUT 'file://~/x' @s", "SELECT 'file://x'")
        ],
        *[(text, text) for text in ("GET @s file://x", "PUTT file://x @s", "", "-- PUT file://x @s")],
    ],
)
def test_a_relative_path_is_taken_from_the_project(text: str, expected: str) -> None:
    assert resolve_put(text, Path("/p")) == expected


def test_a_project_whose_path_needs_quotes() -> None:
    assert resolve_put("PUT file://x.csv @s", Path("/my project")) == "PUT 'file:///my project/x.csv' @s"


def test_the_files_of_a_put(tmp_path: Path) -> None:
    for name in ("a1.csv", "a2.csv"):
        (tmp_path / name).write_text("")
    assert put_files("PUT file://a*.csv @s", tmp_path) == (tmp_path / "a1.csv", tmp_path / "a2.csv")
    assert put_files(f"PUT 'file://{tmp_path}/a1.csv' @s", Path("/")) == (tmp_path / "a1.csv",)
    assert put_files("PUT file://gone*.csv @s", tmp_path) == (tmp_path / "gone*.csv",)
    assert put_files("SELECT 1", tmp_path) == ()


def test_a_path_changes_no_checksum(tmp_path: Path) -> None:
    text = "PUT file://data/x.csv @s;"
    assert render(tmp_path, text).checksum == checksum(text)
    assert re.fullmatch(r"[0-9a-f]{56}", checksum(text))
