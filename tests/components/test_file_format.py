"""File formats: each type has its options, and its own defaults."""

from __future__ import annotations

import pytest

from snowmaker.components import kinds
from snowmaker.components.file_format import OPTIONS, TYPES
from snowmaker.components.types import Boolean
from snowmaker.errors import SourceError

from .conftest import Declaring

FORMAT = "file_formats:\n  '{db}.S.X': "
KIND = kinds()["file_formats"]


def of_type(kind: str) -> list[str]:
    """The flags that a format of a type has."""
    check = KIND.check
    assert check is not None
    found = []
    for one in OPTIONS:
        from snowmaker.components import Component

        if isinstance(one.type, Boolean) and not check(Component(KIND, ("X",), {"type": kind, one.name: True})):
            found.append(one.name)
    return found


@pytest.mark.parametrize("kind", TYPES)
def test_every_flag_of_every_type(declaring: Declaring, kind: str) -> None:
    declaring.apply(FORMAT + f"{{type: {kind}}}")
    flags = [name for name in of_type(kind) if name not in ("ignore_utf8_errors", "parse_header")]
    assert flags
    changed = ", ".join(f"{name}: {str(not KIND.find(name).default).lower()}" for name in flags)
    declaring.there_and_back(FORMAT + f"{{type: {kind}, {changed}}}")


def test_a_name_stands_for_the_type(declaring: Declaring) -> None:
    declaring.apply(FORMAT + "json")
    assert declaring.run("SHOW FILE FORMATS IN SCHEMA {db}.S")[0]["type"] == "JSON"


def test_the_type_takes_a_replacement_and_privileges_stay(declaring: Declaring) -> None:
    declaring.apply(FORMAT + "{type: csv, skip_header: 1}\nstages:\n  '{db}.S.A': {file_format: X}")
    declaring.run("CREATE ROLE {db}_R", "GRANT USAGE ON FILE FORMAT {db}.S.X TO ROLE {db}_R")
    statements = declaring.there_and_back(FORMAT + "{type: parquet}\nstages:\n  '{db}.S.A': {file_format: X}")
    assert statements == [
        declaring.fill(text)
        for text in (
            "CREATE OR REPLACE FILE FORMAT {db}.S.X TYPE = PARQUET",
            "GRANT USAGE ON FILE FORMAT {db}.S.X TO ROLE {db}_R",
            "ALTER STAGE {db}.S.A SET FILE_FORMAT = (FORMAT_NAME = '{db}.S.X')",
        )
    ]
    declaring.run("DROP ROLE {db}_R")


def test_what_is_written(declaring: Declaring) -> None:
    body = (
        r"""{field_delimiter: '\t', record_delimiter: "\r\n", escape: '\\', null_if: ["a\nb"], file_extension: none}"""
    )
    declaring.declare(FORMAT + body)
    assert declaring.sql() == [
        declaring.fill("CREATE FILE FORMAT {db}.S.X ")
        + r"RECORD_DELIMITER = '\r\n' FIELD_DELIMITER = '\t' FILE_EXTENSION = NONE ESCAPE = '\\' NULL_IF = ('a\nb')"
    ]
    declaring.apply()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{type: json, skip_header: 1}", "a JSON format has no skip_header"),
        ("{parse_header: true, skip_header: 1}", "parse_header and skip_header do not go together"),
        ("{type: xml, ignore_utf8_errors: true, replace_invalid_characters: true}", "do not go together"),
        ("{compression: snappy}", "CSV files are not compressed by SNAPPY"),
        ("{type: cvs}", "did you mean CSV"),
        ("{null_if: [NULL]}", "'NULL' needs its quotes"),
        ("{skip_headers: 1}", "is no property of a file format"),
        ("{trim_space: 'yes'}", "is true or false"),
    ],
)
def test_bad_input(declaring: Declaring, body: str, said: str) -> None:
    declaring.declare(FORMAT + body)
    with pytest.raises(SourceError, match=said) as caught:
        declaring.diff()
    assert caught.value.line == 2
