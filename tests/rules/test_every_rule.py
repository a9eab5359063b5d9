"""What holds of every rule that is found: it has a page, and the page's examples are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snowmaker import sql
from snowmaker.config import Policy
from snowmaker.errors import SourceError
from snowmaker.model import Directives, Script, Source
from snowmaker.rules import Part, Rule, Subject, check, rules
from tests.rules.conftest import APPLIED, SETTINGS, applied, linter, write

CODE = re.compile(r"```(?:sql|yaml)\n(.*?)```", re.DOTALL)
FILE = re.compile(rf"^(?:--|#) (\S+/\S+\.(?:sql|yml))({APPLIED})?$", re.MULTILINE)


def files(rule: Rule, section: str) -> tuple[dict[str, str], dict[str, str]]:
    """The files of a page's example, as they are and as they were applied."""
    code = CODE.search(rule.page, rule.page.index(f"**{section}**"))
    assert code is not None
    pieces = FILE.split(code[1])[1:]
    found: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for name, was, text in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        found[bool(was)][name] = text.lstrip("\n")
    return found


def finds(rule: Rule, section: str, folder: Path) -> bool:
    """Whether a rule says something of the files in a section of its page."""
    now, before = files(rule, section)
    ledger = applied(before, folder) if before else None
    write(folder, now)
    return rule.name in {one.rule for one in linter(folder).check(ledger)}


def test_there_are_rules() -> None:
    assert len(rules()) >= 28
    assert list(rules()) == sorted(rules())


@pytest.mark.parametrize("name", rules())
def test_page(name: str) -> None:
    rule = rules()[name]
    assert re.fullmatch(r"[a-z]+(?:_[a-z]+)*", name)
    assert rule.level in ("error", "warning")
    assert rule.summary.endswith(".")
    assert len(rule.summary) <= 120
    headings = [rule.page.index(f"\n\n**{heading}**") for heading in ("Why?", "Example", "Use instead")]
    assert headings == sorted(headings)


@pytest.mark.parametrize("name", rules())
def test_example_is_found_and_what_to_use_instead_is_not(name: str, tmp_path: Path) -> None:
    rule = rules()[name]
    assert finds(rule, "Example", tmp_path)
    assert not finds(rule, "Use instead", tmp_path)


@pytest.mark.parametrize("name", rules())
def test_what_to_use_instead_has_no_fault_of_its_own(name: str, tmp_path: Path) -> None:
    rule = rules()[name]
    write(tmp_path, files(rule, "Use instead")[0])
    found = [one for one in linter(tmp_path).check() if one.rule != "missing_rollback"]
    assert found == []


@pytest.mark.parametrize("name", rules())
def test_level_can_be_set(name: str, tmp_path: Path) -> None:
    rule = rules()[name]
    if files(rule, "Example")[1]:
        pytest.skip("needs a history")
    for level in ("error", "warning", "off"):
        write(tmp_path, files(rule, "Example")[0], f'[lint]\n{name} = "{level}"\n' + SETTINGS)
        found = {one.level for one in linter(tmp_path).check() if one.rule == name}
        assert found == ({level} if level != "off" else set())


@pytest.mark.parametrize("name", [rule.name for rule in rules().values() if rule.fix])
def test_fix_leaves_nothing_to_find_and_changes_nothing_twice(name: str, tmp_path: Path) -> None:
    rule = rules()[name]
    write(tmp_path, files(rule, "Example")[0])
    assert {one.rule for one in linter(tmp_path).fix()} >= {name}
    assert name not in {one.rule for one in linter(tmp_path).check()}
    assert linter(tmp_path).fix() == ()


WORDS = (
    "CREATE OR REPLACE TABLE VIEW SECURE SCHEMA DATABASE ROLE USE AS SELECT WITH RECURSIVE FROM JOIN UNION ALL * , . "
    "( ) [ ] { } ->> ; $$ /* */ -- 'x' ' \" \"Q\" @ @D.S.T/x @~ $X : := = PASSWORD SECRET_STRING DROP TRUNCATE IF EXISTS GRANT "
    "TO PUBLIC PROD_X DEV COPY INTO GRANTS MERGE USING UPDATE SET IDENTIFIER BEGIN END CALL EXECUTE IMMEDIATE T A.B.C "
    "{{x}} {% {# <<snowmaker:secret:A>> -----BEGIN"
)
FRAGMENTS = st.lists(
    st.sampled_from([*WORDS.split(" "), "\n", "\n-- snowmaker: allow=grant_all\n", "é", "\u2028"]), max_size=40
)


def whole(text: str, directives: Directives = Directives(transaction=True)) -> Subject:  # noqa: B008  it is frozen
    """A project of one script and its rollback, both with this text."""
    listed = sql.split(text)
    source = Source("V1__a.sql", "versioned", "1", "A", "V1__a.sql", text, "", directives)
    script = Script("V1__a.sql", "versioned", "1", "A", "V1__a.sql", text, "", "", listed, directives)
    secrets = [("A", match.start()) for match in re.finditer("<<snowmaker:secret:A>>", text)]
    parts = (Part(source, script, False, (), secrets), Part(source, script, True, (1, 2), secrets))
    environments = {"dev": {"prefix": "DEV_"}, "prod": {"prefix": "PROD_"}}
    return Subject("dev", (source,), parts, (), Policy(), ("A", "B", "C"), environments)


@settings(max_examples=300, deadline=None)
@given(FRAGMENTS)
def test_no_rule_stumbles_over_anything(pieces: list[str]) -> None:
    try:
        subject = whole(" ".join(pieces))
    except SourceError:
        return  # what cannot be split is told as such
    lines = " ".join(pieces).count("\n") + 1
    for one in check(subject, {}):
        assert one.message
        assert 1 <= one.line <= lines


@settings(max_examples=200, deadline=None)
@given(FRAGMENTS)
def test_a_fix_leaves_nothing_to_fix(pieces: list[str]) -> None:
    text = " ".join(pieces)
    for one in rules().values():
        if one.fix is not None:
            wanted = text
            for offset, words in reversed(one.fix(text)):
                wanted = wanted[:offset] + words + wanted[offset:]
            assert one.fix(wanted) == ()
