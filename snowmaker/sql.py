"""Snowflake's SQL as far as a migration tool needs it: split, classify, and find names. Pure.

Splitting follows Snowflake's lexing (https://docs.snowflake.com/en/sql-reference/data-types-text#string-constants,
https://docs.snowflake.com/en/sql-reference/identifiers-syntax) and, for blocks without `$$`, Snowflake Scripting
(https://docs.snowflake.com/en/developer-guide/snowflake-scripting/blocks). One pass, linear in the text. Quoting
is in `names.py` and re-exported here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from snowmaker.errors import SourceError
from snowmaker.model import Destructive, Statement, StatementKind
from snowmaker.names import like_pattern, parse_name, quote_identifier, quote_literal, quote_name

__all__ = [
    "Token",
    "changes_session",
    "classify",
    "container_changes",
    "created",
    "like_pattern",
    "parse_name",
    "quote_identifier",
    "quote_literal",
    "quote_name",
    "references",
    "refuse_client_commands",
    "spans",
    "split",
    "tokens",
    "transaction_unsafe",
]

# Atomic groups: going back into a string or a comment is never right, and would not be linear.
_QUOTED = r"""
    (?P<string>'(?>(?:[^'\\]+|''|\\.)*)')
  | (?P<identifier>"(?>(?:[^"]+|"")*)")
  | (?P<dollar>\$\$(?>(?:[^$]+|\$(?!\$))*)\$\$)
  | (?P<url>(?<=file:)//[^\s;'"]*)
  | (?P<comment>--[^\n]*|//[^\n]*|/\*(?>(?:[^*]+|\*(?!/))*)\*/)
  | (?P<stage>@(?>(?:"(?>(?:[^"]|"")*)"|[^\s;,()'"])*))
  | (?P<end>;>?)
  | (?P<open>'|"|\$\$|/\*)
"""
# Word by word, where words matter: the head of a statement, and blocks.
_LEXEME = re.compile(
    rf"""(?P<blank>[\s\ufeff]+) | {_QUOTED}
  | (?P<word>[^\W\d][\w$]*) | (?P<number>\d[\w.]*) | (?P<variable>\$\w+) | (?P<mark>->>|::|=>|:=|.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
# In one go over all that cannot begin or end anything: the rest of an ordinary statement.
_REST = re.compile(
    rf"""(?P<blank>[\s\ufeff]+) | (?P<plain>[^'"$/\-@;\s](?>[^'"$/\-@;]*)) | {_QUOTED} | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_OPENED = {"'": "string", '"': "quoted identifier", "$$": "$$ body", "/*": "comment"}
_CLIENT = re.compile(r"![A-Za-z]\w*[^\n]*")

_SCRIPTED = {"PROCEDURE", "FUNCTION", "TASK", "ALERT"}
_BEGINS_AFTER = {";", "AS", "THEN", "ELSE", "DO", "LOOP", "REPEAT", "BEGIN", "IMMEDIATE", "EXCEPTION"}
_TRANSACTION = {"TRANSACTION", "WORK", "NAME", ";", ""}
_NOT_CLOSING = {"IF", "FOR", "WHILE", "LOOP", "REPEAT"}
_SLOW = {"CREATE", "ALTER", "BEGIN", "DECLARE", "EXECUTE", "WITH"}
_HEAD = 24  # words of a statement among which CREATE … PROCEDURE and the like are looked for

SpanState = Literal["code", "string", "identifier", "dollar", "comment"]


@dataclass(frozen=True)
class Token:
    """A lexeme of code: word, identifier (quoted), string, dollar, number, variable, stage, url, end, or mark."""

    kind: str
    text: str
    start: int

    @property
    def upper(self) -> str:
        """The text in upper case, for keywords; a quoted identifier is none."""
        return self.text.upper() if self.kind in ("word", "mark", "end") else ""


def split(text: str, file: str = "") -> tuple[Statement, ...]:
    """The statements that would be sent, in order; pieces of comments only are none.

    Between two statements stand only blanks, comments and `;`. Client commands (`!source`, `;>`) come as kind
    "client". Raises SourceError for a string, comment, `$$` body or block that is not closed.
    """
    found: list[Statement] = []
    position, line, counted = 0, 1, 0
    while position < len(text):
        piece = _Piece(text, position, file)
        piece.read()
        if piece.start is not None:
            line += text.count("\n", counted, piece.start)
            counted = piece.start
            body = text[piece.start : piece.stop]
            kind, destructive, reason = ("client", "no", "") if piece.client else classify(body)
            checksum = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            found.append(Statement(body, line, piece.start, piece.stop, checksum, kind, destructive, reason))  # type: ignore[arg-type]
        position = piece.position
    return tuple(found)


@dataclass
class _Piece:
    """Reads from `position` to the end of one statement."""

    text: str
    position: int
    file: str
    start: int | None = None
    stop: int = 0
    client: bool = False
    _words: list[str] = field(default_factory=list)
    _last: str = ""
    _blocks: list[tuple[str, int]] = field(default_factory=list)
    _declaring: int | None = None
    _scripted: bool = False

    def read(self) -> None:
        """Advance to behind the `;`, or to the end of the text."""
        while self.position < len(self.text):
            slow = self._scripted or not self._words or (self._words[0] in _SLOW and len(self._words) < _HEAD)
            match = (_LEXEME if slow else _REST).match(self.text, self.position)
            assert match is not None
            kind = match.lastgroup or ""
            if self.start is None and kind == "mark" and self._client_command():
                return
            self.position = match.end()
            if kind == "open":
                raise self._unclosed(_OPENED[match.group()], match.start())
            if kind == "end" and self._ends(match.group()):
                return
            if kind not in ("blank", "comment"):
                self._take(kind, match)
        if self._blocks or self._declaring is not None:
            start = self._blocks[-1][1] if self._blocks else self._declaring
            raise self._unclosed("block (BEGIN, CASE or DECLARE without its END)", start or 0)

    def _client_command(self) -> bool:
        """SnowSQL's and snowflake-cli's commands stand on a line of their own, and end with it."""
        match = _CLIENT.match(self.text, self.position)
        line_begin = self.text.rfind("\n", 0, self.position) + 1
        if match is None or self.text[line_begin : self.position].strip(" \t\r\ufeff"):
            return False
        self.start, self.client = match.start(), True
        self.stop = match.start() + len(match.group().rstrip().rstrip(";").rstrip())
        self.position = match.end()
        return True

    def _ends(self, mark: str) -> bool:
        """Whether this `;` ends the statement; inside a block it does not. `;>` is snowflake-cli's."""
        if mark == ";>" and (self.start is None or self._blocks or self._declaring is not None):
            self.position -= 1
        if self._blocks or self._declaring is not None:
            self._last = ";"
            return False
        self.client = self.client or (mark == ";>" and self.start is not None)
        return True

    def _take(self, kind: str, match: re.Match[str]) -> None:
        if self.start is None:
            self.start = match.start()
        self.stop = match.end() if kind != "plain" else match.start() + len(match.group().rstrip())
        upper = match.group().upper() if kind in ("word", "mark", "end") else ""
        if len(self._words) < _HEAD:
            self._words.append(upper if kind == "word" else "")
            self._scripted = self._scripted or self._may_be_scripted(self._words[-1])
        if kind == "word" and self._scripted and self._last != ".":
            self._block_word(upper, match.start())
        self._last = upper

    def _may_be_scripted(self, upper: str) -> bool:
        first = self._words[0]
        if len(self._words) == 1:
            return first in ("BEGIN", "DECLARE", "EXECUTE", "WITH")
        return first in ("CREATE", "ALTER") and upper in _SCRIPTED

    def _block_word(self, upper: str, start: int) -> None:
        if upper == "DECLARE" and (len(self._words) == 1 or self._last in _BEGINS_AFTER):
            self._declaring = start if not self._blocks else self._declaring
        elif upper == "BEGIN" and (self.start == start or self._last in _BEGINS_AFTER):
            if self._declaring is None and self._next() in _TRANSACTION:
                return
            self._declaring = None
            self._blocks.append(("BEGIN", start))
        elif upper == "CASE" and self._blocks and self._last != "END":
            self._blocks.append(("CASE", start))
        elif upper == "END" and self._blocks and self._next() not in _NOT_CLOSING:
            self._blocks.pop()

    def _next(self) -> str:
        """The next code token, in upper case; '' at the end."""
        for token in tokens(self.text, self.position):
            return token.text.upper()
        return ""

    def _unclosed(self, what: str, start: int) -> SourceError:
        line = self.text.count("\n", 0, start) + 1
        return SourceError(f"a {what} is opened here and never closed", "unterminated", "close it", self.file, line)


def tokens(text: str, position: int = 0) -> Iterator[Token]:
    """The code tokens of a text, without blanks and comments; what is not closed ends them."""
    while position < len(text):
        match = _LEXEME.match(text, position)
        assert match is not None
        position = match.end()
        kind = match.lastgroup or ""
        if kind == "open":
            return
        if kind not in ("blank", "comment"):
            yield Token(kind, match.group(), match.start())


def spans(text: str) -> Iterator[tuple[SpanState, int, int]]:
    """What each part of a text is: code, string, (quoted) identifier, dollar (body) or comment; covers the text."""
    position = code = 0
    while position < len(text):
        match = _REST.match(text, position)
        assert match is not None
        position, kind = match.end(), match.lastgroup or ""
        if kind in ("string", "identifier", "dollar", "comment"):
            if code < match.start():
                yield "code", code, match.start()
            yield kind, match.start(), position  # type: ignore[misc]
            code = position
    if code < len(text):
        yield "code", code, len(text)


# what a statement is

_KINDS: dict[str, StatementKind] = {
    **dict.fromkeys(("CREATE", "ALTER", "DROP", "UNDROP", "GRANT", "REVOKE", "COMMENT", "TRUNCATE"), "ddl"),
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "REMOVE", "RM"), "dml"),
    **dict.fromkeys(("SELECT", "SHOW", "DESCRIBE", "DESC", "WITH", "LIST", "LS", "EXPLAIN", "VALUES", "("), "query"),
    **dict.fromkeys(("PUT", "GET"), "transfer"),
    **dict.fromkeys(("BEGIN", "START", "COMMIT", "ROLLBACK"), "transaction"),
    **dict.fromkeys(("USE", "SET", "UNSET"), "session"),
}
# What holds rows, files, an offset, or a secret that nobody can read back. A dynamic table's rows and a
# materialized view's can be computed again, a view holds none.
_HOLDERS = {"TABLE", "SCHEMA", "DATABASE", "STAGE", "STREAM", "PIPE", "SEQUENCE", "USER", "SECRET"}
_MODIFIERS = {
    *("OR", "REPLACE", "ALTER", "TRANSIENT", "TEMPORARY", "TEMP", "LOCAL", "GLOBAL", "VOLATILE", "SECURE"),
    *(
        "RECURSIVE",
        "MATERIALIZED",
        "EXTERNAL",
        "DYNAMIC",
        "ICEBERG",
        "HYBRID",
        "EVENT",
        "INTERACTIVE",
        "AGGREGATE",
    ),
}
_COLUMN_DROP_EXCEPTIONS = {
    *("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CLUSTERING", "SEARCH", "ROW", "AGGREGATION", "JOIN"),
    *("ALL", "STORAGE", "NOT", "DEFAULT", "MASKING", "PROJECTION", "DATA", "PARTITION", "PRIVACY", "CONTACT"),
}


def classify(text: str) -> tuple[StatementKind, Destructive, str]:
    """What one statement is, whether it is destructive (DESIGN.md §3), and why.

    Destructive is what can lose what its own reverse cannot bring back: rows, files, offsets, passwords. UPDATE and
    a MERGE without DELETE are not counted: their reverse is a question of data, not of the statement. What cannot be
    seen from the text (a block, CALL, EXECUTE IMMEDIATE, CREATE OR ALTER TABLE) is unknown.
    """
    head = _head(text, 12)
    first = head[0].upper if head else ""
    second = head[1].upper if len(head) > 1 else ""
    if first == "DECLARE" or (first == "BEGIN" and second not in _TRANSACTION):
        return "block", "unknown", ""
    if first in ("CALL", "EXECUTE"):
        known = first == "EXECUTE" and second != "IMMEDIATE"
        return "unknown", "no" if known else "unknown", ""
    if first == "ALTER" and second == "SESSION":
        return "session", "no", ""
    kind: StatementKind = _KINDS.get(first, "unknown")
    if first == "WITH" and _calls(text):
        return "unknown", "unknown", ""
    destructive, reason = _destructive(text, head, first)
    return kind, destructive if kind != "unknown" else "unknown", reason


def _calls(text: str) -> bool:
    """WITH … AS PROCEDURE … CALL: https://docs.snowflake.com/en/sql-reference/sql/call-with"""
    return any(token.upper == "PROCEDURE" for token in _head(text, 6))


def _destructive(text: str, head: Sequence[Token], first: str) -> tuple[Destructive, str]:
    words = [token.upper for token in head]
    if first == "DROP":
        kind = _object_kind(words, 1)
        return ("yes", f"drops a {kind.lower()}") if kind in _HOLDERS else ("no", "")
    if first == "CREATE":
        return _replaces(words)
    if first == "TRUNCATE":
        return "yes", "empties a table"
    if first == "DELETE":
        return "yes", "deletes rows"
    if first in ("REMOVE", "RM"):
        return "yes", "removes staged files"
    if first == "INSERT" and "OVERWRITE" in words[:3]:
        return "yes", "overwrites a table"
    if first == "MERGE" and _deletes(text):
        return "yes", "deletes rows"
    if first == "ALTER" and _object_kind(words, 1) == "TABLE" and _drops_column(text):
        return "yes", "drops a column"
    return "no", ""


def _replaces(words: Sequence[str]) -> tuple[Destructive, str]:
    kind = _object_kind(words, 1)
    if kind not in _HOLDERS or words[1:2] != ["OR"] or {"TEMPORARY", "TEMP", "VOLATILE"} & set(words[:6]):
        return "no", ""
    if words[2] == "ALTER":
        return ("unknown", "drops the columns that it does not name") if kind == "TABLE" else ("no", "")
    return "yes", f"replaces a {kind.lower()}"


def _object_kind(words: Sequence[str], begin: int) -> str:
    """The kind of object that a CREATE, DROP or ALTER names; '' for a derived one that only ends in TABLE."""
    derived = {"MATERIALIZED", "EXTERNAL", "DYNAMIC"}
    seen: set[str] = set()
    for word in words[begin:]:
        if word not in _MODIFIERS:
            return f"{min(seen & derived)} {word}" if seen & derived else word
        seen.add(word)
    return ""


def _deletes(text: str) -> bool:
    last = ""
    for token in tokens(text):
        if token.upper == "DELETE" and last == "THEN":
            return True
        last = token.upper
    return False


def _drops_column(text: str) -> bool:
    last, depth = "", 0
    for token in tokens(text):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        names_one = token.kind in ("word", "identifier") and token.upper not in _COLUMN_DROP_EXCEPTIONS
        if last == "DROP" and depth == 0 and names_one:
            return True
        last = token.upper
    return False


def transaction_unsafe(statement: Statement) -> str:
    """Why a statement cannot be part of `transaction=on`; '' when it can.

    DDL commits: https://docs.snowflake.com/en/sql-reference/transactions#ddl
    """
    reasons = {
        "ddl": "DDL commits by itself",
        "transfer": "PUT and GET are no part of a transaction",
        "block": "a block may commit by itself",
        "transaction": "the transaction is snowmaker's",
        "unknown": "what it does cannot be seen (CALL, EXECUTE)",
    }
    first = _head(statement.text, 1)
    if statement.kind == "ddl" and first and first[0].upper == "TRUNCATE":
        return "TRUNCATE commits by itself"
    return reasons.get(statement.kind, "")


def changes_session(text: str) -> Literal["none", "use", "parameters"]:
    """Whether a statement leaves the session changed: what USE can set back, or parameters and variables."""
    words = [token.upper for token in _head(text, 6)]
    if not words:
        return "none"
    kind = classify(text)[0]
    if words[0] == "USE":
        return "parameters" if words[1:2] == ["SECONDARY"] else "use"
    if kind in ("session", "block") or words[0] == "CALL" or words[:2] == ["EXECUTE", "IMMEDIATE"] or kind == "unknown":
        return "parameters"
    if words[0] in ("CREATE", "DROP", "UNDROP") and _object_kind(words, 1) in ("DATABASE", "SCHEMA"):
        return "use"
    return "none"


def refuse_client_commands(statements: Sequence[Statement], file: str) -> None:
    """Raise SourceError for what only a client understands: `!source` of SnowSQL, `;>` of snowflake-cli."""
    for statement in statements:
        if statement.kind != "client":
            continue
        if not statement.text.startswith("!"):
            message, hint = "`;>` runs a statement in the background in snowflake-cli only", "end it with `;`"
        else:
            name = statement.text.split(None, 1)[0]
            hints = {
                "!set": "use a Jinja variable",
                "!source": "use {% include %}",
                "!load": "use {% include %}",
                "!define": "use a Jinja variable",
            }
            message = f"{name} is a command of SnowSQL and snowflake-cli, not SQL"
            hint = hints.get(name.lower(), "take it out of the script")
        raise SourceError(message, "client_command", hint, file, statement.line)


# names

_NAMED = {
    *(
        "TABLE",
        "VIEW",
        "FUNCTION",
        "PROCEDURE",
        "SEQUENCE",
        "STAGE",
        "STREAM",
        "TASK",
        "PIPE",
        "SCHEMA",
        "DATABASE",
    ),
    *(
        "FORMAT",
        "POLICY",
        "TAG",
        "ALERT",
        "ROLE",
        "WAREHOUSE",
        "USER",
        "SECRET",
        "RULE",
        "MONITOR",
        "INTEGRATION",
    ),
}
_READ_AFTER = {"FROM", "JOIN", "INTO", "UPDATE", "TABLE", "USING", "REFERENCES", "CLONE", "LIKE"}


def created(text: str) -> set[tuple[str, ...]]:
    """The names, as written, of what a statement creates: at most one."""
    listed = _head(text, 24)
    if not listed or listed[0].upper != "CREATE":
        return set()
    name, _ = _named_after(listed, 1)
    return {name} if name else set()


def references(text: str) -> set[tuple[str, ...]]:
    """Names, as written, of what a statement may read.

    Dotted names anywhere in its code, plain names behind FROM, JOIN and the like; not the one it creates, and nothing
    inside strings, comments and `$$` bodies.
    """
    listed = list(tokens(text))
    own = created(text)
    found: set[tuple[str, ...]] = set()
    index, last = 0, ""
    while index < len(listed):
        name, after = _chain(listed, index)
        if name and (len(name) > 1 or last in _READ_AFTER):
            found.add(name)
        last = listed[index].upper if not name or len(name) == 1 else ""
        index = max(after, index + 1)
    return found - own


def container_changes(text: str) -> set[tuple[str, tuple[str, ...]]]:
    """(kind, name) of each database, schema and table that a statement drops, replaces, renames or swaps."""
    listed = _head(text, 40)
    words = [token.upper for token in listed]
    first = words[0] if words else ""
    if first not in ("CREATE", "ALTER", "DROP"):
        return set()
    kind = _object_kind(words, 1).split(" ")[-1]
    if kind not in ("DATABASE", "SCHEMA", "TABLE") or (first == "CREATE" and words[1:3] != ["OR", "REPLACE"]):
        return set()
    name, after = _named_after(listed, 1)
    if not name:
        return set()
    if first != "ALTER":
        return {(kind, name)}
    if words[after : after + 2] not in (["RENAME", "TO"], ["SWAP", "WITH"]):
        return set()
    other, _ = _chain(listed, after + 2)
    return {(kind, name), (kind, other)} if other else {(kind, name)}


def _head(text: str, count: int) -> list[Token]:
    found = []
    for token in tokens(text):
        found.append(token)
        if len(found) == count:
            break
    return found


def _named_after(listed: Sequence[Token], index: int) -> tuple[tuple[str, ...], int]:
    """The name behind the kind of object and IF [NOT] EXISTS, and the index behind it."""
    while index < len(listed) and listed[index].upper not in _NAMED:
        index += 1
    index += 1
    while index < len(listed) and listed[index].upper in ("IF", "NOT", "EXISTS", "FORMAT", "POLICY", "ROLE"):
        index += 1
    return _chain(listed, index)


def _chain(listed: Sequence[Token], index: int) -> tuple[tuple[str, ...], int]:
    """A dotted name that begins at `index`, unquoted parts in upper case, and the index behind it."""
    if index + 2 < len(listed) and listed[index].upper == "IDENTIFIER" and listed[index + 1].text == "(":
        literal = listed[index + 2]
        if literal.kind == "string":
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
