"""Snowflake's data types in one spelling each: https://docs.snowflake.com/en/sql-reference/intro-summary-data-types"""

from __future__ import annotations

from collections.abc import Sequence

from snowmaker import sql
from snowmaker.names import Token
from snowmaker.suggest import did_you_mean

_NUMBER = {"INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT"}
_SYNONYMS = {
    **dict.fromkeys(("NUMERIC", "DECIMAL", "DEC"), "NUMBER"),
    **dict.fromkeys(("FLOAT4", "FLOAT8", "DOUBLE", "REAL", "DOUBLE PRECISION"), "FLOAT"),
    **dict.fromkeys(("STRING", "TEXT", "NVARCHAR", "NVARCHAR2", "CHAR VARYING", "NCHAR VARYING"), "VARCHAR"),
    **dict.fromkeys(("CHARACTER", "NCHAR"), "CHAR"),
    **dict.fromkeys(("DATETIME", "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMPNTZ"), "TIMESTAMP_NTZ"),
    **dict.fromkeys(("TIMESTAMPLTZ", "TIMESTAMP WITH LOCAL TIME ZONE"), "TIMESTAMP_LTZ"),
    **dict.fromkeys(("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"), "TIMESTAMP_TZ"),
    "VARBINARY": "BINARY",
    "BOOL": "BOOLEAN",
}
_TWO_WORDS = {"DOUBLE PRECISION", "CHAR VARYING", "NCHAR VARYING"}
_ZONES = ("WITHOUT TIME ZONE", "WITH LOCAL TIME ZONE", "WITH TIME ZONE")
_LENGTHS = {"CHAR": "(1)", "NUMBER": "(38,0)", **dict.fromkeys(("TIME", "TIMESTAMP", "TIMESTAMP_NTZ"), "(9)")}
_LENGTHS |= dict.fromkeys(("TIMESTAMP_LTZ", "TIMESTAMP_TZ"), "(9)")
# VARCHAR and BINARY without a length are as long as the account has them, before or after the bundle 2025_07
_UNSIZED = {"VARCHAR": ("(16777216)", "(134217728)"), "BINARY": ("(8388608)", "(67108864)")}


def data_type(text: str, *, bare: bool = False) -> str:
    """A type in the spelling of SHOW and DESCRIBE: `number(38,0)`, `int` → `NUMBER(38,0)`; raises ValueError.

    VARCHAR and BINARY keep no length where they have the account's longest. `bare` leaves out the length, as in the
    names of routines.
    """
    tokens = list(sql.tokens(text))
    found, size = read_type(tokens, 0)
    if size != len(tokens):
        raise ValueError(f"{text!r} is not a data type")
    return found.partition("(")[0] if bare and not found.startswith(("VECTOR", "ARRAY(", "OBJECT(", "MAP(")) else found


_KNOWN = (
    *("NUMBER", "FLOAT", "DECFLOAT", "VARCHAR", "BINARY", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_NTZ"),
    *("TIMESTAMP_LTZ", "TIMESTAMP_TZ", "VARIANT", "OBJECT", "ARRAY", "MAP", "VECTOR", "GEOGRAPHY", "GEOMETRY"),
    *("FILE", "UUID", "INTERVAL"),
)


def misspelt(found: str) -> str:
    """What a type in one spelling may have meant, where Snowflake has none of that name: "did you mean …", else ''."""
    name = found.partition("(")[0]
    return "" if name in _KNOWN else did_you_mean(name, (*_KNOWN, *_NUMBER, *_SYNONYMS))


def declared_type(text: str) -> str:
    """A type as `data_type` gives it; raises ValueError also for one that Snowflake has not, if it is like another."""
    found = data_type(text)
    if misspelt(found):
        raise ValueError(f"{text!r} is not a data type; {misspelt(found)}")
    return found


def parsed(found: str) -> tuple[str, tuple[int, ...]]:
    """A type in one spelling → its name and its lengths; of what has other arguments, all of it and none."""
    name, _, rest = found.partition("(")
    sizes = rest.rstrip(")").split(",")
    return (name, tuple(map(int, sizes))) if rest and all(map(str.isdecimal, sizes)) else (found, ())


def same_type(one: str, other: str) -> bool:
    """Whether two types in one spelling mean the same; TIMESTAMP is one of three, as the account has it."""
    if one == other:
        return True
    (name, sizes), (name2, sizes2) = parsed(one), parsed(other)
    stamps = name.startswith("TIMESTAMP") and name2.startswith("TIMESTAMP") and "TIMESTAMP" in (name, name2)
    return stamps and sizes == sizes2


def grows(old: str, new: str) -> bool:
    """Whether ALTER can lead from one type to another: text and bytes get longer, numbers another precision.

    https://docs.snowflake.com/en/sql-reference/sql/alter-table-column
    """
    (name, sizes), (name2, sizes2) = parsed(old), parsed(new)
    if name != name2:
        return False
    if name in ("VARCHAR", "BINARY"):
        return not sizes2 or bool(sizes and sizes[0] <= sizes2[0])
    return name == "NUMBER" and sizes[1:] == sizes2[1:]


def split_arguments(text: str) -> list[str]:
    """`NUMBER(38, 0), VARCHAR` → its parts, at the commas that no bracket or quote encloses."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += (character == "(") - (character == ")")
        if character == "," and not quote and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def read_type(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """The type that begins at a token, and the index behind it; raises ValueError."""
    if index >= len(tokens) or tokens[index].kind != "word":
        raise ValueError("has no data type")
    name, index = tokens[index].upper, index + 1
    following = tokens[index].upper if index < len(tokens) else ""
    if f"{name} {following}" in _TWO_WORDS:
        name, index = f"{name} {following}", index + 1
    structured = name in ("ARRAY", "OBJECT", "MAP")
    arguments, index = _members(tokens, index, name == "OBJECT") if structured else _arguments(tokens, index)
    if name == "TIMESTAMP":
        for zone in _ZONES:
            words = zone.split()
            if [token.upper for token in tokens[index : index + len(words)]] == words:
                name, index = f"TIMESTAMP {zone}", index + len(words)
                break
    return _normal(name, arguments), index


def _arguments(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """What stands in brackets behind a type, in one spelling, with the brackets."""
    if index >= len(tokens) or tokens[index].text != "(":
        return "", index
    depth, parts, last = 0, [], ""
    while index < len(tokens):
        token = tokens[index]
        depth += (token.text == "(") - (token.text == ")")
        word = token.upper or token.text
        parts.append(f" {word}" if last and last not in "(," and word not in "(,)" else word)
        last, index = word, index + 1
        if not depth:
            return "".join(parts), index
    raise ValueError("has a bracket that is not closed")


def _members(tokens: Sequence[Token], index: int, named: bool) -> tuple[str, int]:
    """The types of which a structured type is made, with the brackets; an OBJECT's have names, whose case counts.

    https://docs.snowflake.com/en/sql-reference/data-types-structured
    """
    if index >= len(tokens) or tokens[index].text != "(":
        return "", index
    parts: list[str] = []
    while tokens[index].text in ("(", ",") and index + 1 < len(tokens):
        index += 1
        name = f"{tokens[index].text} " if named else ""
        found, index = read_type(tokens, index + named)
        if [token.upper for token in tokens[index : index + 2]] == ["NOT", "NULL"]:
            found, index = f"{found} NOT NULL", index + 2
        parts.append(name + found)
        if index >= len(tokens):
            break
    if index >= len(tokens) or tokens[index].text != ")":
        raise ValueError("has a bracket that is not closed")
    return f"({','.join(parts)})", index + 1


def _normal(name: str, arguments: str) -> str:
    if name in _NUMBER:
        return "NUMBER(38,0)"
    name = _SYNONYMS.get(name, name)
    if name == "NUMBER" and arguments and "," not in arguments:
        arguments = f"{arguments[:-1]},0)"
    if arguments in _UNSIZED.get(name, ()):
        arguments = ""
    arguments = arguments or _LENGTHS.get(name, "")
    return ("VARCHAR" if name == "CHAR" else name) + arguments
