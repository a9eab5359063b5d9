"""Snowflake's SQL as far as a migration tool needs it: split, classify, and find names. Pure.

Splitting follows Snowflake's lexing (https://docs.snowflake.com/en/sql-reference/data-types-text#string-constants,
https://docs.snowflake.com/en/sql-reference/identifiers-syntax) and, for blocks without `$$`, Snowflake Scripting
(https://docs.snowflake.com/en/developer-guide/snowflake-scripting/blocks). One pass, linear in the text: an
ordinary statement is one match, only what may hold a block is read word by word. Quoting is in `names.py` and
re-exported here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Literal

from snowmaker.errors import SourceError
from snowmaker.model import Destructive, Statement, StatementKind
from snowmaker.names import (
    BLANK,
    COMMENT,
    LEXEME,
    OPENED,
    PLACEHOLDER,
    QUOTED,
    RESERVED,
    STAGE,
    URL,
    SpanState,
    Token,
    chain,
    created,
    head,
    like_pattern,
    links,
    name_index,
    named_after,
    next_token,
    pairs,
    parse_name,
    placeholder,
    quote_body,
    quote_characters,
    quote_identifier,
    quote_literal,
    quote_name,
    read_literal,
    references,
    spans,
    tokens,
)

__all__ = [
    "PLACEHOLDER",
    "RESERVED",
    "SpanState",
    "Token",
    "chain",
    "changes_session",
    "classify",
    "container_changes",
    "created",
    "head",
    "like_pattern",
    "name_index",
    "named_after",
    "parse_name",
    "placeholder",
    "quote_body",
    "quote_characters",
    "quote_identifier",
    "quote_literal",
    "quote_name",
    "read_literal",
    "references",
    "refuse_client_commands",
    "spans",
    "split",
    "tokens",
    "transaction_unsafe",
]

# The rest of an ordinary statement; the group `code` ends where its last piece of code ends.
_PLAIN = r"""(?>[^'"$/\-@;\s\ufeff]+(?:\s+[^'"$/\-@;\s\ufeff]+)*)"""
_MARK = r"\$(?!\$)|/(?![/*])|-(?!-)"
_ORDINARY = re.compile(
    rf"""(?>(?:(?>(?:{BLANK}|{COMMENT})*)
        (?P<code>{_PLAIN}|{re.sub("[?]P<[a-z]+>", "?:", QUOTED)}|{URL}|{STAGE}|{_MARK}))*)
        (?>(?:{BLANK}|{COMMENT})*)""",
    re.VERBOSE | re.DOTALL,
)
_GAP = re.compile(rf"(?>(?:{BLANK}|{COMMENT}|;(?!>))*)", re.DOTALL)
_CLIENT = re.compile(r"![A-Za-z]\w*[^\n]*")
_MAY_HOLD_BLOCK = re.compile(r"(?:BEGIN|DECLARE|CREATE|ALTER|EXECUTE|WITH)\b", re.IGNORECASE)
_CLIENT_WITHIN_LINE = re.compile(r"![A-Za-z]\w*[^\n;]*")


def split(text: str, file: str = "") -> tuple[Statement, ...]:
    """The statements that would be sent, in order; pieces of comments only are none.

    Between two statements stand only blanks, comments and `;`; comments behind the last word of a statement are not
    part of it. Client commands (`!source x` to the end of its line; what ends with `;>`) come as kind "client".
    Raises SourceError for a string, comment, `$$` body or block that is not closed.
    """
    found: list[Statement] = []
    line, counted, end = 1, 0, 0
    while True:
        start = _match(_GAP, text, end).end()
        if start == len(text):
            return tuple(found)
        stop, end, client = _statement(text, end, start, file)
        line, counted = line + text.count("\n", counted, start), start
        body = text[start:stop]
        kind, destructive, reason = ("client", "no", "") if client else classify(body)
        checksum = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        found.append(Statement(body, line, start, stop, checksum, kind, destructive, reason))  # type: ignore[arg-type]


def _statement(text: str, gap: int, start: int, file: str) -> tuple[int, int, bool]:
    """Where the statement at `start` ends, where to go on, and whether it is a client's; `gap` is where the last ended.

    The connector's splitter, on which snowflake-cli stands, ends a command at the end of its line, or at the `;` when
    it stands behind another statement.
    """
    if text.startswith("!", start):
        newline = text.rfind("\n", gap, start)
        alone = (newline >= 0 or gap == 0) and not text[max(newline + 1, gap) : start].strip(" \t\r\ufeff")
        command = (_CLIENT if alone else _CLIENT_WITHIN_LINE).match(text, start)
        if command:
            return start + len(command.group().rstrip().rstrip(";").rstrip()), command.end(), True
    if text.startswith(";>", start):
        return start + 2, start + 2, True
    stop, position = _Blocks(text, file).read(start) if _MAY_HOLD_BLOCK.match(text, start) else (start, start)
    rest = _match(_ORDINARY, text, position)
    stop, position = max(stop, rest.end("code")), rest.end()
    if position < len(text) and text[position] != ";":
        raise _unclosed(text, position, file)
    client = text.startswith(";>", position)
    return stop, min(position + 1 + client, len(text)), client


def _match(pattern: re.Pattern[str], text: str, position: int) -> re.Match[str]:
    match = pattern.match(text, position)
    assert match is not None  # these patterns match everywhere
    return match


def _unclosed(text: str, position: int, file: str) -> SourceError:
    opened = text[position : position + (1 if text[position] in "'\"" else 2)]
    _, what, hint = OPENED[opened]
    return _unterminated(f"a {what}", hint, text, position, file)


def _unterminated(what: str, hint: str, text: str, position: int, file: str) -> SourceError:
    line = text.count("\n", 0, position) + 1
    return SourceError(f"{what} is opened here and never closed", "unterminated", hint, file, line)


# blocks

_ROUTINES = {"PROCEDURE", "FUNCTION", "TASK", "ALERT"}
_MODIFIERS = {
    *("OR", "REPLACE", "ALTER", "TRANSIENT", "TEMPORARY", "TEMP", "LOCAL", "GLOBAL", "VOLATILE", "SECURE"),
    *("RECURSIVE", "MATERIALIZED", "EXTERNAL", "DYNAMIC", "ICEBERG", "HYBRID", "EVENT", "INTERACTIVE", "AGGREGATE"),
    *("VERSIONED", "MANAGED", "IMAGE"),
}
_STARTS = {";", "BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT"}  # a statement of a block begins behind these
_NOT_CLOSING = {"IF", "FOR", "WHILE", "LOOP", "REPEAT", ":=", "."}
# An END behind these is a name: an expression cannot be complete there.
_OPERATORS = {
    *("WHEN", "THEN", "ELSE", "CASE", "AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "BETWEEN", "IS"),
    *("BY", "SELECT", "DISTINCT", "FROM", "JOIN", "AS", "ON", "WHERE", "HAVING", "QUALIFY", "USING", "RETURN", "SET"),
    *("INTO", "LET", "ALL", "ANY", "=", "<", ">", "+", "-", "*", "/", "%", "|", "&", "^", "(", "[", ",", ":", "!"),
    *("::", ":=", "=>", "->>"),
}


class _Blocks:
    """Reads a statement as far as a Snowflake Scripting block may begin in it, and its blocks to their ends.

    https://docs.snowflake.com/en/sql-reference/snowflake-scripting/begin and, for procedures nested in DECLARE,
    https://docs.snowflake.com/en/developer-guide/stored-procedure/stored-procedures-nested
    """

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.open: list[tuple[str, int]] = []  # BEGIN, DECLARE, CASE (a statement), case (an expression)
        self.last = ""  # the token before, upper case; "" for a string, a number, a quoted name
        self.routine = False  # a body may follow
        self.behind = {"AS"}  # what it follows
        self.with_procedure = False
        self.first = ""  # of the statement in the block

    def read(self, start: int) -> tuple[int, int]:
        """(end of the code read, where the ordinary rest begins)."""
        match = _match(LEXEME, self.text, start)
        first = match.group().upper()
        position = match.end()
        if first == "DECLARE" or (first == "BEGIN" and not _transaction(self.text, position)):
            self.open.append((first, start))
        elif first == "WITH":
            self.routine = self.with_procedure = self._names_procedure(position)
        elif first == "EXECUTE":
            position = self._skip(position, {"IMMEDIATE"})
            self.routine = next_token(self.text, position)[0] in ("BEGIN", "DECLARE")
            first = "AS"
        elif first in ("CREATE", "ALTER"):
            position = self._skip(position, _MODIFIERS)
            kind = next_token(self.text, position)[0]
            self.routine = kind in _ROUTINES
            self.behind = {"THEN", "ACTION"} if kind == "ALERT" else {"AS"}
        self.last = first
        return self._blocks(start, position) if self.open or self.routine else (start, start)

    def _blocks(self, stop: int, position: int) -> tuple[int, int]:
        text, depth = self.text, 0
        while position < len(text):
            match = _match(LEXEME, text, position)
            kind, piece = match.lastgroup, match.group()
            if kind == "open":
                raise _unclosed(text, position, self.file)
            if kind == "end":
                if not self.open:
                    break
                piece = ";"  # in a block, `;>` is not the client's
            position += len(piece)
            if kind in ("blank", "comment"):
                continue
            upper = piece.upper() if kind in ("word", "mark", "end") else ""
            if kind == "mark" and not self.open:
                depth += (piece == "(") - (piece == ")")
            elif kind == "word" and self.last != ".":
                self._word(upper, position - len(piece), position)
            stop = position
            if not self.open and not depth and self._body_is_no_block(upper, position):
                break
            self.last = upper
        if self.open:
            what, start = self.open[0]
            hint = "every BEGIN and CASE needs its END, and a statement before END its `;`"
            raise _unterminated(f"a block ({what.upper()})", hint, text, start, self.file)
        return stop, position

    def _body_is_no_block(self, upper: str, position: int) -> bool:
        """Whether AS (a task's, a routine's) or THEN, ACTION (an alert's) is followed by something else."""
        if upper not in self.behind or self.last == "EXECUTE":  # EXECUTE AS CALLER
            return False
        return next_token(self.text, position)[0] not in ("BEGIN", "DECLARE", "PROCEDURE")

    def _word(self, upper: str, start: int, position: int) -> None:
        top = self.open[-1][0] if self.open else ""
        begins = top in ("BEGIN", "CASE") and self.last in _STARTS
        if begins or (top == "DECLARE" and self.last == ";"):
            self.first, self.routine = upper, False
        if upper == "END":
            self._end(top, position)
        elif upper == "CASE" and top and self.last != "END":
            self.open.append(("CASE" if begins else "case", start))
        elif upper in ("BEGIN", "DECLARE"):
            self._begin(upper, top, begins, start, position)
        elif top and (upper == "PROCEDURE" or (upper in _ROUTINES and self.first in ("CREATE", "ALTER"))):
            self.routine, self.behind = True, {"AS"}

    def _begin(self, upper: str, top: str, begins: bool, start: int, position: int) -> None:
        if top == "DECLARE" and upper == "BEGIN" and self.last in (";", "DECLARE"):
            self.open[-1] = ("BEGIN", self.open[-1][1])
        elif self.routine and self.last in self.behind:
            self.open.append((upper, start))
            self.routine = False
        elif begins and (upper == "DECLARE" or not _transaction(self.text, position)):
            self.open.append((upper, start))

    def _end(self, top: str, position: int) -> None:
        following = next_token(self.text, position)[0]
        if self.last == ";" or (self.last in _STARTS and top != "case"):
            closes = following not in _NOT_CLOSING
        elif top == "case":
            closes = self.last not in _OPERATORS
        else:  # its `;` was forgotten; Snowflake says so better than "never closed" would
            closes = following in (";", "") and self.last not in _OPERATORS
        if closes and top not in ("", "DECLARE"):
            self.open.pop()
            self.routine = self.with_procedure and not self.open

    def _names_procedure(self, position: int) -> bool:
        """WITH name AS PROCEDURE … CALL name(): https://docs.snowflake.com/en/sql-reference/sql/call-with"""
        _, position = next_token(self.text, position)
        word, position = next_token(self.text, position)
        return word == "AS" and next_token(self.text, position)[0] == "PROCEDURE"

    def _skip(self, position: int, words: set[str]) -> int:
        while True:
            word, after = next_token(self.text, position)
            if word not in words:
                return position
            position = after


def _transaction(text: str, position: int) -> bool:
    """Whether a BEGIN that ends at `position` begins a transaction, not a block.

    BEGIN [ { WORK | TRANSACTION } ] [ NAME <name> ]: https://docs.snowflake.com/en/sql-reference/sql/begin
    """
    word, position = next_token(text, position)
    if word in ("WORK", "TRANSACTION"):
        word, position = next_token(text, position)
    if word == "NAME":
        _, position = next_token(text, position)
        word, position = next_token(text, position)
    return word in (";", ";>", "", "->>")


# what a statement is

_KINDS: dict[str, StatementKind] = {
    **dict.fromkeys(("CREATE", "ALTER", "DROP", "UNDROP", "GRANT", "REVOKE", "COMMENT", "TRUNCATE"), "ddl"),
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "REMOVE", "RM"), "dml"),
    **dict.fromkeys(("SELECT", "SHOW", "DESCRIBE", "DESC", "WITH", "LIST", "LS", "EXPLAIN", "VALUES", "("), "query"),
    **dict.fromkeys(("PUT", "GET"), "transfer"),
    **dict.fromkeys(("BEGIN", "START", "COMMIT", "ROLLBACK"), "transaction"),
    **dict.fromkeys(("USE", "SET", "UNSET"), "session"),
}
# of a chain of `->>`, the kind that counts most
_RANK: tuple[StatementKind, ...] = ("unknown", "block", "ddl", "session", "transfer", "dml", "transaction", "query")
# What holds rows, files, an offset, a position, or a secret that nobody can read back. Views, roles, tasks,
# warehouses, file formats, policies and routines come back from their text.
_HOLDERS = {
    *("TABLE", "HYBRID TABLE", "ICEBERG TABLE", "EVENT TABLE", "INTERACTIVE TABLE", "SCHEMA", "DATABASE", "STAGE"),
    *("STREAM", "PIPE", "SEQUENCE", "USER", "SECRET", "MODEL", "NOTEBOOK", "DATASET", "WORKSPACE", "SNAPSHOT"),
    *("SNAPSHOT SET", "BACKUP SET", "IMAGE REPOSITORY", "APPLICATION", "APPLICATION PACKAGE"),
    *("ACCOUNT", "MANAGED ACCOUNT"),
}
# Their rows can be computed again from elsewhere; the offsets of streams on them, and their privileges, cannot.
_DERIVED = {"DYNAMIC TABLE", "EXTERNAL TABLE", "MATERIALIZED VIEW"}
_PREFIXES = {"MATERIALIZED", "EXTERNAL", "DYNAMIC", "ICEBERG", "HYBRID", "EVENT", "INTERACTIVE", "MANAGED", "IMAGE"}
_PAIRS = {
    *(("DATABASE", "ROLE"), ("APPLICATION", "ROLE"), ("APPLICATION", "PACKAGE"), ("MODEL", "MONITOR")),
    *(("BACKUP", "SET"), ("SNAPSHOT", "SET"), ("SNAPSHOT", "POLICY")),
}
_TEMPORARY = {"TEMPORARY", "TEMP", "VOLATILE"}
# ALTER TABLE … DROP these: no column. https://docs.snowflake.com/en/sql-reference/sql/alter-table
_NO_COLUMN = {"CONSTRAINT", "UNIQUE", "ALL"}
_NO_COLUMN_PAIRS = {
    *(("PRIMARY", "KEY"), ("FOREIGN", "KEY"), ("CLUSTERING", "KEY"), ("SEARCH", "OPTIMIZATION"), ("ROW", "ACCESS")),
    *(("AGGREGATION", "POLICY"), ("JOIN", "POLICY"), ("PROJECTION", "POLICY"), ("MASKING", "POLICY")),
    *(("PRIVACY", "POLICY"), ("STORAGE", "LIFECYCLE"), ("DATA", "METRIC"), ("NOT", "NULL")),
}


def classify(text: str) -> tuple[StatementKind, Destructive, str]:
    """What one statement is, whether it is destructive (DESIGN.md §3), and why.

    Destructive is what can lose what its own reverse cannot bring back: DROP and CREATE OR REPLACE of what holds
    rows, files, an offset (stream, pipe), a position (sequence) or a secret (user, secret); TRUNCATE, DELETE,
    INSERT OVERWRITE, MERGE … DELETE, REMOVE, DROP COLUMN. Unknown is what cannot be seen from the text: a block,
    CALL, EXECUTE; CREATE OR ALTER TABLE (drops columns it does not name); UPDATE and MERGE … UPDATE (some have a
    reverse, most have not); CREATE OR REPLACE of a dynamic or external table or a materialized view (its rows come
    back, the offsets of streams on it do not); COPY INTO with OVERWRITE or PURGE. Temporary tables are not counted.
    Of a chain of `->>`, what counts most.
    """
    if "->>" not in text:
        return _classify(text)
    first = _classify(text)
    if first[0] == "block":
        return first
    judged = [_classify(part) for part in links(text)]
    kind = min((one[0] for one in judged), key=_RANK.index)
    worst = min(judged, key=lambda one: ("yes", "unknown", "no").index(one[1]))
    return kind, worst[1], worst[2]


def _classify(text: str) -> tuple[StatementKind, Destructive, str]:
    listed = head(text, 4)
    words = [token.upper for token in listed] + [""] * 4
    first = words[0]
    kind: StatementKind = _KINDS.get(first, "unknown")
    if first == "DECLARE" or (first == "BEGIN" and not _transaction(text, listed[0].start + len("BEGIN"))):
        return "block", "unknown", ""
    if first == "WITH" and words[2:4] == ["AS", "PROCEDURE"]:
        kind = "unknown"
    if kind == "unknown":
        return kind, "unknown", ""
    if words[:2] == ["ALTER", "SESSION"]:
        kind = "session"
    if kind not in ("ddl", "dml"):
        return kind, "no", ""
    return kind, *_destructive(text, words)


def _destructive(text: str, words: Sequence[str]) -> tuple[Destructive, str]:
    first = words[0]
    if first in ("DROP", "CREATE", "ALTER"):
        return _destructive_ddl(text, head(text, 12))
    if first == "INSERT":
        return ("yes", "overwrites a table") if words[1] == "OVERWRITE" else ("no", "")
    if first == "UPDATE":
        return "unknown", "overwrites values"
    if first == "MERGE":
        found = {now.upper for last, now in pairs(text) if last.upper == "THEN"}
        if "DELETE" in found:
            return "yes", "deletes rows"
        return ("unknown", "overwrites values") if "UPDATE" in found else ("no", "")
    if first == "COPY":
        return _destructive_copy(text)
    reasons = {"TRUNCATE": "empties a table", "DELETE": "deletes rows"}
    reasons |= dict.fromkeys(("REMOVE", "RM"), "removes staged files")
    return ("yes", reasons[first]) if first in reasons else ("no", "")


def _destructive_ddl(text: str, listed: Sequence[Token]) -> tuple[Destructive, str]:
    first = listed[0].upper
    kind, before, index = _object(listed)
    article = "an" if kind[:1] in "AEIOU" else "a"
    if first == "DROP":
        return ("yes", f"drops {article} {kind.lower()}") if kind in _HOLDERS | _DERIVED else ("no", "")
    if first == "ALTER":
        if kind.endswith("TABLE") and kind not in _DERIVED and _drops_column(text, listed[index].start):
            return "yes", "drops a column"
        return ("yes", "drops a version of a model") if kind == "MODEL" and _drops_version(text) else ("no", "")
    if "OR" not in before or _TEMPORARY & set(before):
        return "no", ""
    if "ALTER" in before:
        columns = kind.endswith("TABLE") and kind not in _DERIVED
        return ("unknown", "drops the columns that it does not name") if columns else ("no", "")
    if kind in _HOLDERS:
        return "yes", f"replaces {article} {kind.lower()}"
    if kind in _DERIVED:
        return "unknown", f"replaces {article} {kind.lower()}; streams on it lose their offset"
    return "no", ""


def object_kind(text: str) -> str:
    """The kind of object that a CREATE, ALTER or DROP is about: `TABLE`, `DATABASE ROLE`."""
    listed = head(text, 12)
    return _object(listed)[0] if len(listed) > 1 else ""


def _object(listed: Sequence[Token]) -> tuple[str, list[str], int]:
    """The kind of object that a CREATE, DROP or ALTER is about, the words before it, and the index behind it."""
    index, before = 1, []
    while index < len(listed) and listed[index].upper in _MODIFIERS:
        before.append(listed[index].upper)
        index += 1
    words = [token.upper for token in listed[index : index + 2]] + ["", ""]
    prefix = sorted((word for word in before if word in _PREFIXES), key="ICEBERG".__ne__)  # DYNAMIC ICEBERG TABLE
    if (words[0], words[1]) in _PAIRS:
        return f"{words[0]} {words[1]}", before, index + 2
    return " ".join([*prefix[-1:], words[0]]), before, min(index + 1, len(listed) - 1)


def _drops_column(text: str, start: int) -> bool:
    """DROP [COLUMN] [IF EXISTS] name, …; `start` is behind ALTER TABLE."""
    dropping, depth, alters = "", 0, False
    for token in tokens(text, start):
        depth += (token.text == "(") - (token.text == ")")
        upper = token.upper
        if dropping == "DROP":
            if token.kind == "identifier" or (token.kind == "word" and upper not in _DROPS_MORE):
                return not (alters and upper == "DEFAULT")
            dropping = upper if token.kind == "word" and upper not in _NO_COLUMN else ""
        elif dropping:  # the first of two words that may be no column, or be its whole name
            if (dropping, upper) not in _NO_COLUMN_PAIRS:
                return True
            dropping = ""
        elif upper == "DROP" and depth == 0:
            dropping = "DROP"
        alters = alters or upper in ("ALTER", "MODIFY")
    return bool(dropping) and dropping != "DROP"


_DROPS_MORE = _NO_COLUMN | {first for first, _ in _NO_COLUMN_PAIRS}


def _drops_version(text: str) -> bool:
    return any((last.upper, now.upper) == ("DROP", "VERSION") for last, now in pairs(text))


def _destructive_copy(text: str) -> tuple[Destructive, str]:
    """COPY INTO a table adds rows, INTO a location files; two options take files away."""
    reasons = {"OVERWRITE": "overwrites staged files", "PURGE": "removes the files that it has loaded"}
    option = ""
    for last, now in pairs(text):
        if now.text == "=" and last.upper in reasons:
            option = last.upper
        elif option and last.text == "=" and now.upper == "TRUE":
            return "unknown", reasons[option]
        elif last.text == "=":
            option = ""
    return "no", ""


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
    first = next(tokens(statement.text), Token("", "", 0)).upper
    if first == "TRUNCATE":
        return "TRUNCATE commits by itself"
    if first in ("REMOVE", "RM"):
        return "a removed file does not come back with ROLLBACK"
    return reasons.get(statement.kind, "")


def changes_session(text: str) -> Literal["none", "use", "parameters"]:
    """Whether a statement leaves the session changed: what USE can set back, or parameters and variables.

    CREATE DATABASE and CREATE SCHEMA also use what they make, DROP leaves the session without:
    https://docs.snowflake.com/en/sql-reference/sql/create-database#usage-notes
    """
    found: set[str] = {_link_changes_session(part) for part in (links(text) if "->>" in text else (text,))}
    return "parameters" if "parameters" in found else "use" if "use" in found else "none"


def _link_changes_session(text: str) -> str:
    listed = head(text, 12)
    if not listed:
        return "none"
    words = [token.upper for token in listed]
    if words[0] == "USE":
        return "parameters" if words[1:2] == ["SECONDARY"] else "use"
    if _classify(text)[0] in ("session", "block", "unknown"):
        return "parameters"
    contains = words[0] in ("CREATE", "DROP", "UNDROP", "ALTER") and _object(listed)[0] in ("DATABASE", "SCHEMA")
    if words[0] == "ALTER":
        contains = contains and bool({"RENAME", "SWAP"} & set(words))
    return "use" if contains else "none"


def refuse_client_commands(statements: Sequence[Statement], file: str) -> None:
    """Raise SourceError for what only a client understands: `!source` of SnowSQL, `;>` of snowflake-cli."""
    includes = dict.fromkeys(("!source", "!load"), "write {% include %}, or make the file a script of its own")
    sets = dict.fromkeys(("!set", "!define", "!variables"), "set a variable in snowmaker.toml and write {{ name }}")
    hints = {**includes, **sets, "!abort": "take it out of the script", "!print": "write a comment"}
    for statement in statements:
        if statement.kind != "client":
            continue
        if not statement.text.startswith("!"):
            message = "`;>` (send without waiting) is understood by snowflake-cli only"
            raise SourceError(message, "client_command", "end the statement with `;`", file, statement.line)
        name = re.split(r"[\s;=]", statement.text, maxsplit=1)[0]
        message = f"{name} is a command of SnowSQL and snowflake-cli, not SQL"
        hint = hints.get(name.lower(), "take it out of the script")
        raise SourceError(message, "client_command", hint, file, statement.line)


def container_changes(text: str) -> set[tuple[str, tuple[str, ...]]]:
    """(kind, name) of each database, schema and table that a statement drops, replaces, renames or swaps."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    for part in links(text) if "->>" in text else (text,):
        words = [token.upper for token in head(part, 3)]
        if words[:1] in (["ALTER"], ["DROP"]) or words == ["CREATE", "OR", "REPLACE"]:
            found |= _container_changes(head(part, 40))
    return found


def _container_changes(listed: Sequence[Token]) -> set[tuple[str, tuple[str, ...]]]:
    words = [token.upper for token in listed]
    first = words[0]
    kind = _object(listed)[0].split(" ")[-1]
    if kind not in ("DATABASE", "SCHEMA", "TABLE"):
        return set()
    name, after = named_after(listed)
    if not name:
        return set()
    if first != "ALTER":
        return {(kind, name)}
    if words[after : after + 2] not in (["RENAME", "TO"], ["SWAP", "WITH"]):
        return set()
    other, _ = chain(listed, after + 2)
    return {(kind, name), (kind, other)} if other else {(kind, name)}
