"""Snowflake's tokens, identifiers and literals: the one place that quotes and reads them. Use it through `sql`.

https://docs.snowflake.com/en/sql-reference/identifiers-syntax,
https://docs.snowflake.com/en/sql-reference/data-types-text#string-constants
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Literal, NamedTuple

LIMIT = 255  # characters of an identifier
PLACEHOLDER = "snowmaker:secret:"  # in what stands for a secret: see placeholders.py

_BARE = re.compile(r"[A-Z_][A-Z0-9_$]*")
_PART = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^\W\d][\w$]*))\s*')

# https://docs.snowflake.com/en/sql-reference/reserved-keywords
RESERVED = frozenset(
    [
        "ACCOUNT",
        "ALL",
        "ALTER",
        "AND",
        "ANY",
        "AS",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "CHECK",
        "COLUMN",
        "CONNECT",
        "CONNECTION",
        "CONSTRAINT",
        "CREATE",
        "CROSS",
        "CURRENT",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "CURRENT_USER",
        "DATABASE",
        "DELETE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "EXISTS",
        "FALSE",
        "FOLLOWING",
        "FOR",
        "FROM",
        "FULL",
        "GRANT",
        "GROUP",
        "GSCLUSTER",
        "HAVING",
        "ILIKE",
        "IN",
        "INCREMENT",
        "INNER",
        "INSERT",
        "INTERSECT",
        "INTO",
        "IS",
        "ISSUE",
        "JOIN",
        "LATERAL",
        "LEFT",
        "LIKE",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "MINUS",
        "NATURAL",
        "NOT",
        "NULL",
        "OF",
        "ON",
        "OR",
        "ORDER",
        "ORGANIZATION",
        "QUALIFY",
        "REGEXP",
        "REVOKE",
        "RIGHT",
        "RLIKE",
        "ROW",
        "ROWS",
        "SAMPLE",
        "SCHEMA",
        "SELECT",
        "SET",
        "SOME",
        "START",
        "TABLE",
        "TABLESAMPLE",
        "THEN",
        "TO",
        "TRIGGER",
        "TRUE",
        "TRY_CAST",
        "UNION",
        "UNIQUE",
        "UPDATE",
        "USING",
        "VALUES",
        "VIEW",
        "WHEN",
        "WHENEVER",
        "WHERE",
        "WITH",
    ]
)


def quote_identifier(name: str) -> str:
    """A name as it is stored → as it is written: bare where that means the same. Raises ValueError."""
    if not name or len(name) > LIMIT or "\0" in name:
        raise ValueError(f"not an identifier: {name[:60]!r}")
    if _BARE.fullmatch(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_name(*parts: str) -> str:
    """A dotted name of parts as they are stored."""
    return ".".join(quote_identifier(part) for part in parts)


def quote_literal(value: str | int | float | Decimal | bool | date | None) -> str:
    """A value as a literal; text with `'` and `\\` escaped. Raises ValueError for a float that is no number."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float, Decimal)):
        if not isinstance(value, int) and not (value.is_finite() if isinstance(value, Decimal) else isfinite(value)):
            raise ValueError(f"no literal for {value}")
        return str(value)
    text = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


# https://docs.snowflake.com/en/sql-reference/data-types-text#escape-sequences-in-single-quoted-string-constants
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_ESCAPE = re.compile(r"''|\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{3})|(.))", re.DOTALL)


def read_literal(text: str) -> str:
    """The text that a string constant of SQL is, in `'` or `$$`: the reverse of `quote_literal`."""
    if text.startswith("$$"):
        return text[2:-2]

    def plain(match: re.Match[str]) -> str:
        hexadecimal, octal, letter = match[1] or match[2], match[3], match[4]
        if hexadecimal or octal:
            return chr(int(hexadecimal, 16) if hexadecimal else int(octal, 8))
        return "'" if letter is None else _ESCAPES.get(letter, letter)

    return _ESCAPE.sub(plain, text[1:-1])


def quote_characters(text: str) -> str:
    """Text as a literal that fits on a line: line breaks and tabs are written as `\\n`, `\\r`, `\\t`."""
    quoted = quote_literal(text)
    return quoted.replace("\n", r"\n").replace("\r", r"\r").replace("\t", r"\t")


def placeholder(name: str) -> str:
    """What stands for the secret of that name in a rendered text."""
    return f"<<{PLACEHOLDER}{name}>>"


def quote_body(text: str) -> str:
    """A body of SQL as a string: between `$$` where that can be, else as a literal.

    https://docs.snowflake.com/en/sql-reference/data-types-text#dollar-quoted-string-constants
    """
    fits = "$$" not in text and not text.endswith("$") and "secret:" not in text
    return f"$${text}$$" if fits else quote_literal(text)


def parse_name(text: str) -> tuple[str, ...]:
    """A dotted name as it is written → its parts as they are stored. Raises ValueError."""
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(f"not a name: {text!r}")
        quoted, bare = match.groups()
        parts.append(quoted.replace('""', '"') if quoted is not None else bare.upper())
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            raise ValueError(f"not a name: {text!r}")
        position += 1


def like_pattern(text: str) -> str:
    """Text as a pattern of SHOW … LIKE that means just itself; still to be quoted as a literal."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# tokens

# Atomic groups: going back into a string or a comment is never right, and would not be linear. A `//` behind a word
# and a colon is a URL's. Comments do not nest. `$$` opens a body even right behind a word.
BLANK = r"[\s\ufeff]+"
COMMENT = r"--[^\n]*|(?<!\w:)//[^\n]*|/\*(?>(?:[^*]+|\*(?!/))*)\*/"
QUOTED = r"""
    (?P<string>'(?>(?:[^'\\]+|''|\\.)*)')
  | (?P<identifier>"(?>(?:[^"]+|"")*)")
  | (?P<dollar>\$\$(?>(?:[^$]+|\$(?!\$))*)\$\$)
"""
STAGE = r"""@(?>(?:"(?>(?:[^"]+|"")*)"|[^\s;,()'"])*)"""
URL = r"""(?<=\w:)//[^\s;'"]*"""
LEXEME = re.compile(
    rf"""(?P<blank>{BLANK}) | {QUOTED} | (?P<url>{URL}) | (?P<comment>{COMMENT}) | (?P<stage>{STAGE})
  | (?P<end>;>?) | (?P<open>'|"|\$\$|/\*) | (?P<word>[^\W\d]\w*(?>(?:\$(?!\$)\w*)*))
  | (?P<number>\d[\w.]*) | (?P<variable>\$\w+) | (?P<mark>->>|::|=>|:=|.)""",
    re.VERBOSE | re.DOTALL,
)
_SPAN = re.compile(
    rf"""{QUOTED} | (?P<url>{URL}) | (?P<comment>{COMMENT}) | (?P<stage>{STAGE}) | (?P<open>'|"|\$\$|/\*)""",
    re.VERBOSE | re.DOTALL,
)
SpanState = Literal["code", "string", "identifier", "dollar", "comment"]
OPENED: dict[str, tuple[SpanState, str, str]] = {
    "'": ("string", "string", "close it with '; a ' inside is written '' or \\'"),
    '"': ("identifier", "quoted identifier", 'close it with "; a " inside is written ""'),
    "$$": ("dollar", "$$ body", "close it with $$"),
    "/*": ("comment", "comment", "close it with */"),
}


class Token(NamedTuple):
    """A lexeme of code: word, identifier (quoted), string, dollar, number, variable, stage, url, end, or mark."""

    kind: str
    text: str
    start: int

    @property
    def upper(self) -> str:
        """The text in upper case, for keywords; a quoted identifier is none."""
        return self.text.upper() if self.kind in ("word", "mark", "end") else ""


def tokens(text: str, position: int = 0) -> Iterator[Token]:
    """The code tokens of a text, without blanks and comments; what is not closed ends them."""
    match_at = LEXEME.match
    while (match := match_at(text, position)) is not None:
        kind = match.lastgroup or ""
        if kind == "open":
            return
        if kind not in ("blank", "comment"):
            yield Token(kind, match.group(), position)
        position = match.end()


def spans(text: str) -> Iterator[tuple[SpanState, int, int]]:
    """What each part of a text is: code, string, (quoted) identifier, dollar (body) or comment; covers the text.

    What is not closed reaches to the end.
    """
    code = 0
    for match in _SPAN.finditer(text):
        kind = match.lastgroup or ""
        if kind in ("url", "stage"):
            continue
        if code < match.start():
            yield "code", code, match.start()
        if kind == "open":
            yield OPENED[match.group()][0], match.start(), len(text)
            return
        yield kind, match.start(), match.end()  # type: ignore[misc]
        code = match.end()
    if code < len(text):
        yield "code", code, len(text)


def next_token(text: str, position: int) -> tuple[str, int]:
    """The next code token in upper case ('' at the end), and where it ends."""
    for token in tokens(text, position):
        return token.text.upper(), token.start + len(token.text)
    return "", len(text)


def links(text: str) -> Iterator[str]:
    """The statements that `->>` chains: https://docs.snowflake.com/en/sql-reference/operators-flow"""
    begin = 0
    for token in tokens(text):
        if token.text == "->>":
            yield text[begin : token.start]
            begin = token.start + 3
    yield text[begin:]


def pairs(text: str) -> Iterator[tuple[Token, Token]]:
    """The code tokens of a text, each behind the one before it; the first is behind an empty one."""
    last = Token("", "", 0)
    for token in tokens(text):
        yield last, token
        last = token


# names

_NAMED = {
    *("TABLE", "VIEW", "FUNCTION", "PROCEDURE", "SEQUENCE", "STAGE", "STREAM", "TASK", "PIPE", "SCHEMA", "DATABASE"),
    *("FORMAT", "POLICY", "TAG", "ALERT", "ROLE", "WAREHOUSE", "USER", "SECRET", "RULE", "MONITOR", "INTEGRATION"),
    *("SERVICE", "AGENT", "MODEL", "NOTEBOOK", "STREAMLIT", "REPOSITORY", "SHARE", "CONNECTION", "ACCOUNT", "GROUP"),
    *("APPLICATION", "PACKAGE", "VOLUME", "POOL", "LISTING", "DATASET", "SNAPSHOT", "PROJECT", "SET", "WORKSPACE"),
}
_NAMED_FIRST = {"DATABASE", "APPLICATION"}  # DATABASE ROLE, APPLICATION ROLE, APPLICATION PACKAGE
_READ_AFTER = {
    *("FROM", "JOIN", "INTO", "UPDATE", "TABLE", "VIEW", "USING", "REFERENCES", "CLONE", "LIKE", "CALL", "AFTER"),
    *("STREAM", "STAGE", "SEQUENCE"),
}
_FROM_ENDS = {"WHERE", "GROUP", "ORDER", "HAVING", "QUALIFY", "LIMIT", "SELECT", "UNION", "SET", "VALUES"}


def created(text: str) -> set[tuple[str, ...]]:
    """The names, as written, of what a statement creates: at most one, or one for each CREATE of a `->>` chain."""
    found = set()
    for part in links(text) if "->>" in text else (text,):
        listed = head(part, 24)
        if listed and listed[0].upper == "CREATE":
            found.add(named_after(listed)[0])
    return found - {()}


def references(text: str) -> set[tuple[str, ...]]:
    """Names, as written, of what a statement may read; more rather than fewer.

    Dotted names anywhere in its code, plain ones behind FROM, JOIN and the like and where they are called; not those
    that it creates or that WITH defines, and nothing inside strings, comments and `$$` bodies.
    """
    listed = list(tokens(text))
    found: set[tuple[str, ...]] = set()
    defined: set[tuple[str, ...]] = set()
    index, last, lists = 0, "", [False]
    while index < len(listed):
        name, after = chain(listed, index)
        upper = listed[index].upper
        if name:
            following = [token.upper for token in listed[after : after + 2]]
            called = following[:1] == ["("] and upper not in RESERVED
            if last in ("WITH", "RECURSIVE", ",") and following == ["AS", "("]:
                defined.add(name)
            elif last != ":" and (len(name) > 1 or last in _READ_AFTER or called or (last == "," and lists[-1])):
                found.add(name)
        if upper == "(":
            lists.append(False)
        elif upper == ")" and len(lists) > 1:
            lists.pop()
        elif upper in ("FROM", "USING") or upper in _FROM_ENDS:
            lists[-1] = upper not in _FROM_ENDS
        last = upper if not name or len(name) == 1 else ""
        index = max(after, index + 1)
    return {name for name in found - created(text) - defined if len(name) > 1 or name[0] not in RESERVED}


def head(text: str, count: int) -> list[Token]:
    """The first `count` code tokens of a text, or all where there are fewer."""
    found = []
    for token in tokens(text):
        found.append(token)
        if len(found) == count:
            break
    return found


def named_after(listed: Sequence[Token]) -> tuple[tuple[str, ...], int]:
    """The name behind the kind of object and IF [NOT] EXISTS, and the index behind it."""
    return chain(listed, name_index(listed))


def name_index(listed: Sequence[Token]) -> int:
    """Where that name begins; behind the last token when no kind of object is known."""
    index = 1
    while index < len(listed) and listed[index].upper not in _NAMED:
        if listed[index].kind != "word":
            return len(listed)
        index += 1
    twice = index + 1 < len(listed) and listed[index].upper in _NAMED_FIRST
    index += 2 if twice and listed[index + 1].upper in ("ROLE", "PACKAGE") else 1
    if index < len(listed) and listed[index].upper == "IF":
        while index < len(listed) and listed[index].upper in ("IF", "NOT", "EXISTS"):
            index += 1
    return index


def chain(listed: Sequence[Token], index: int) -> tuple[tuple[str, ...], int]:
    """A dotted name that begins at `index`, unquoted parts in upper case, and the index behind it."""
    if index + 2 < len(listed) and listed[index].upper == "IDENTIFIER" and listed[index + 1].text == "(":
        literal = listed[index + 2]
        if literal.kind != "string":
            return (), index + 4
        try:
            return parse_name(literal.text[1:-1].replace("''", "'")), index + 4
        except ValueError:
            return (), index + 4
    parts: list[str] = []
    while index < len(listed) and listed[index].kind in ("word", "identifier"):
        token = listed[index]
        parts.append(token.text[1:-1].replace('""', '"') if token.kind == "identifier" else token.text.upper())
        index += 1
        if index < len(listed) and listed[index].text == ".":
            index += 1
            if index < len(listed) and listed[index].text == ".":  # db..table: the schema PUBLIC
                parts.append("PUBLIC")
                index += 1
            continue
        break
    return tuple(parts), index
