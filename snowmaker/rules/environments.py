"""Rules on names that belong to one environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from snowmaker import sql
from snowmaker.rules.base import Found, Part, Subject, line_finder, masked, project_rule, stage_name
from snowmaker.sql import Token, chain

# a name follows these
_NAMED = {
    *("DATABASE", "SCHEMA", "WAREHOUSE", "ROLE", "USER", "INTEGRATION", "MONITOR", "SHARE", "TABLE", "VIEW", "STAGE"),
    *("TASK", "STREAM", "PIPE", "EXISTS", "USE", "IDENTIFIER"),
}
_WORD = re.compile(r"[^\W\d][\w$]*")

SANDBOX = "sandbox"  # no name of an account's: there is nothing of it in other environments


@project_rule("warning")
def hardcoded_environment(subject: Subject) -> Iterator[Found]:
    """A name that belongs to one environment stands in a script.

    **Why?** The script does in every environment what it was meant to do in one: a `PROD_` that was left in a script
    reaches production from the developers' own. Looked for are the names of environments, and the values of variables
    that differ between them, where they are the first or last word of a name of a database, schema, role, warehouse
    and so on. A script that says `only=prod` may name prod.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE PROD_RESORT.LIFTS.LIFT (ID NUMBER);
    ```

    **Use instead** the variable.

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE {{ prefix }}RESORT.LIFTS.LIFT (ID NUMBER);
    ```
    """
    marks = _marks(subject.environments) if len(subject.environments) > 1 else {}
    if not marks:
        return
    words = re.compile("|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True)), re.IGNORECASE)
    for part in subject.parts:
        text = part.source.text
        if words.search(text):
            yield from _hardcoded(part, masked(text), marks)


def _marks(environments: Mapping[str, Mapping[str, object]]) -> dict[str, tuple[str, str]]:
    """Words that belong to one environment, in upper case: whose each is, and what to write instead."""
    found = {name.upper(): (name, "environment") for name in environments if name != SANDBOX and _WORD.fullmatch(name)}
    for variable in sorted({name for variables in environments.values() for name in variables}):
        values = {name: variables.get(variable) for name, variables in environments.items()}
        for name, value in values.items():
            word = value.strip("_").upper() if isinstance(value, str) else ""
            others = [other for key, other in values.items() if key != name]
            if len(word) > 2 and _WORD.fullmatch(word) and word not in sql.RESERVED and value not in others:
                found[word] = (name, variable)
    return found


def _hardcoded(part: Part, text: str, marks: Mapping[str, tuple[str, str]]) -> Iterator[Found]:
    only = part.source.directives.only
    line_at = line_finder(text)
    seen: set[tuple[int, str]] = set()
    for name, offset in _names(list(sql.tokens(text))):
        for mark in _found_in(name, marks):
            environment, variable = marks[mark]
            line = line_at(offset)
            if only == (environment,) or (line, mark) in seen:
                continue
            seen.add((line, mark))
            yield part.found(f"{name} belongs to the environment {environment}", line, f"write {{{{ {variable} }}}}")


def _found_in(name: str, marks: Mapping[str, tuple[str, str]]) -> list[str]:
    """The marks that are the whole of a name, or its first or last word."""
    whole = name.upper().strip("_")
    pieces = {whole, whole.partition("_")[0], whole.rpartition("_")[2]}
    longer = {mark for mark in marks if "_" in mark and (whole.startswith(f"{mark}_") or whole.endswith(f"_{mark}"))}
    return sorted((pieces | longer) & marks.keys())


def _names(listed: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """The names of objects, each part of a dotted one but the last, which may be a column."""
    index, last = 0, ""
    while index < len(listed):
        token = listed[index]
        parts, after = chain(listed, index)
        if token.kind == "stage":
            yield from ((part, token.start) for part in stage_name(token.text)[:-1])
        elif token.kind == "string":
            yield from ((part, token.start) for part in _dotted(token.text[1:-1])[:-1])
        elif parts and last != ".":
            shown = parts if last in _NAMED or token.upper == "IDENTIFIER" else parts[:-1]
            yield from ((part, token.start) for part in shown)
        last = token.upper if len(parts) < 2 else ""
        index = max(after, index + 1)


def _dotted(text: str) -> tuple[str, ...]:
    """The parts of a dotted name, () where it is none."""
    try:
        return sql.parse_name(text) if "." in text else ()
    except ValueError:
        return ()
