"""Undocumented means broken: every command, option and exit code stands in the README, as the code has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from snowmaker import docs
from snowmaker.cli import COMMANDS, EXIT_CODES, command_of, summary
from snowmaker.rules import rules

README = Path(__file__).parent.parent / "README.md"


def every_command() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = command_of(name)
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", one) for below, one in command.commands.items())


EVERY = dict(every_command())


@pytest.mark.parametrize("name", EVERY)
def test_command_and_its_options_are_described(name: str) -> None:
    command, text = EVERY[name], docs.commands()
    assert f"### `snowmaker {name}" in text
    assert command.help
    for option in (parameter for parameter in command.params if isinstance(parameter, click.Option)):
        assert option.help, f"{name} {option.opts}"
        assert option.help.endswith("."), f"{name} {option.opts}"
        for spelling in option.opts:
            assert spelling in text
    for parameter in command.params:
        assert not isinstance(parameter, click.Argument) or parameter.human_readable_name


@pytest.mark.parametrize("name", COMMANDS)
def test_first_line_of_a_command_file_is_its_summary(name: str) -> None:
    said = summary(name)
    assert said.endswith(".")
    assert said[0].isupper()
    assert len(said) <= 90


@pytest.mark.parametrize("name", rules())
def test_every_rule_has_its_row_and_its_page(name: str) -> None:
    assert f"| `{name}` | {rules()[name].level} |" in docs.lint_rules()
    assert f"<code>{name}</code>" in docs.rule_pages()
    assert rules()[name].page in docs.rule_pages()


def test_exit_codes() -> None:
    assert all(f"| {code} | {text} |" in docs.exit_codes() for code, text in EXIT_CODES.items())


@pytest.mark.skipif(not README.exists(), reason="no README in this tree")
def test_readme_is_what_the_code_says() -> None:
    assert docs.main(["--check", str(README)]) == 0


def test_write_then_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    blocks = "".join(f"<!-- {name}: begin -->\nold\n<!-- {name}: end -->\n" for name in docs.BLOCKS)
    page.write_text(f"before\n{blocks}after\n")
    assert docs.main(["--check", str(page)]) == 1
    assert "python -m snowmaker.docs" in capsys.readouterr().err
    assert page.read_text().count("old") == len(docs.BLOCKS)
    assert docs.main([str(page)]) == 0
    assert docs.main(["--check", str(page)]) == 0
    assert page.read_text().startswith("before\n<!-- statements: begin -->\n| kind |")
    assert page.read_text().endswith("<!-- rule-pages: end -->\nafter\n")


def test_missing_and_unknown_markers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("no markers\n")
    assert docs.main([str(page)]) == 1
    assert "lacks the markers of statements" in capsys.readouterr().err
    with pytest.raises(ValueError, match="no generator for the block 'nonsense'"):
        docs.generated("<!-- nonsense: begin -->\n<!-- nonsense: end -->")
