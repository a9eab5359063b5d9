"""What the comments of a script ask for."""

from __future__ import annotations

import pytest

from snowmaker.directives import Allowance, allowances, read_directives
from snowmaker.errors import SourceError
from snowmaker.model import Directives


def test_directives() -> None:
    text = (
        "\n/* licence */\n-- snowmaker: role=SECURITYADMIN only=dev,test\n{# jinja #}\n"
        "// Snowmaker : depends=R__base,R__b TRANSACTION=on irreversible\n-- snowmaker helps\nSELECT 1;"
    )
    expected = Directives("SECURITYADMIN", ("dev", "test"), ("R__base", "R__b"), True, True)
    assert read_directives(text, "f") == expected
    assert read_directives('-- snowmaker: role="My Role" transaction=off', "f").role == '"My Role"'
    assert read_directives("SELECT 1", "f") == Directives()
    assert read_directives("-- snowmaker: allow=a,b\n-- snowmaker: allow=c role=X\nSELECT 1", "f") == Directives(
        "X", allow=("a", "b", "c")
    )
    assert read_directives("SELECT '-- snowmaker: role=X', $$\n-- snowmaker: role=X\n$$", "f") == Directives()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("-- snowmaker: rol=X", 1, "did you mean role?"),
        ("-- x\n--snowmaker:irreversable", 2, "did you mean irreversible?"),
        ("-- snowmaker: frobnicate", 1, "there are: allow"),
        ("-- snowmaker: role", 1, "needs a value"),
        ("-- snowmaker: role=", 1, "needs a value"),
        ("-- snowmaker: role=A;B", 1, "no role's name"),
        ("-- snowmaker: role={{prefix}}_X", 1, "before templates are rendered"),
        ("-- snowmaker: only=dev,,test", 1, "empty name"),
        ("-- snowmaker: transaction=yes", 1, "it may be on, off"),
        ("-- snowmaker: irreversible=yes", 1, "takes no value"),
        ("-- snowmaker: role=A\n-- snowmaker: ROLE=A", 2, "given twice"),
        ("-- snowmaker role=A", 1, "needs a colon"),
        ("SELECT 1;\n-- snowmaker: role=A", 2, "only in the comments at the top"),
        ("SELECT 1; // snowmaker: role=A", 1, "only in the comments at the top"),
        ("SELECT 1;\n-- snowmaker: allow=a role=A\nSELECT 1;", 2, "only in the comments at the top"),
        ("SELECT 1;\n-- snowmaker: alow=a\nSELECT 1;", 2, "did you mean allow?"),
        ("SELECT 1;\n-- snowmaker: allow\nSELECT 1;", 2, "needs a value"),
        ("SELECT 1;\n-- snowmaker: allow=a,,b\nSELECT 1;", 2, "empty name"),
        ("-- snowmaker: allow={{ x }}", 1, "before templates are rendered"),
    ],
)
def test_bad_directives(text: str, line: int, says: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_directives(text, "f.sql")
    error = caught.value
    assert (error.file, error.line) == ("f.sql", line)
    assert says in f"{error.message} {error.hint}"


def test_allowances() -> None:
    text = (
        "\ufeff-- snowmaker: allow=a role=X\nSELECT '-- snowmaker: allow=b';\n"
        "  // Snowmaker:allow=c,d\nSELECT $$\n-- snowmaker: allow=e\n$$; -- snowmaker: allow=f\n"
        "SELECT 1 -- snowmaker: allow=g\n;\n-- snowmaker: role=Y\n/* -- snowmaker: allow=h */"
    )
    found = allowances(text)
    assert [(one.rules, one.line, one.alone) for one in found] == [
        (("a",), 1, True),
        (("c", "d"), 3, True),
        (("f",), 6, False),
        (("g",), 7, False),
        (("h",), 10, False),
    ]
    assert all(text[one.start :].startswith(("--", "//")) for one in found)
    assert allowances("SELECT 1") == ()
    assert isinstance(found[0], Allowance)
