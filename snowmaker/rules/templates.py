"""Rules on templates: what Jinja makes of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from snowmaker.rules.base import Found, Subject, line_finder, project_rule

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_UNSTEADY = re.compile(r"\b(?P<call>env_var|now|utcnow|today|lipsum)\s*\(|\|\s*(?P<filter>random)\b")
_WHY = {"env_var": "the machine's environment", "lipsum": "chance", "random": "chance"}


@project_rule("error")
def undefined_variable(subject: Subject) -> Iterator[Found]:
    """A template uses a variable that is not defined.

    **Why?** An empty text in its place would make `DEV_SALES` a `SALES`: the statement runs, on the wrong object.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE {{ prefx }}RESORT.LIFTS.LIFT (ID NUMBER);
    ```

    **Use instead** a variable of `[vars]`, of the environment's `vars`, or of `--var`; `var('x', 'default')` and
    `env_var('X', 'default')` may have a default.

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE {{ prefix }}RESORT.LIFTS.LIFT (ID NUMBER);
    ```
    """
    yield from subject.faulted("undefined_variable", "missing_env_var")


@project_rule("error")
def bad_template(subject: Subject) -> Iterator[Found]:
    """A template cannot be rendered, or does with a secret what nobody can do.

    **Why?** What it should have become cannot be known. A secret can only be output, alone or inside `'…'`: its value
    is put in when the statement is sent.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    {% for name in ['LIFT', 'GUN'] %}
    CREATE TABLE RESORT.LIFTS.{{ name }} (ID NUMBER);
    ```

    **Use instead**

    ```sql
    -- migrations/V2__lifts.sql
    {% for name in ['LIFT', 'GUN'] %}
    CREATE TABLE RESORT.LIFTS.{{ name }} (ID NUMBER);
    {% endfor %}
    ```
    """
    codes = ("template_syntax", "template_not_found", "template_error")
    yield from subject.faulted(*codes, "bad_secret", "secret_marker", "secret_use", "secret_place")


@project_rule("warning")
def nondeterministic_template(subject: Subject) -> Iterator[Found]:
    """A template gives another text at another time or on another machine.

    **Why?** What was reviewed and rehearsed is not what runs; a repeatable script runs again with every deploy, since
    its checksum is new each time; a plan file is refused. Templates are rendered twice and compared, and what reads
    the process's environment (`env_var`) or chance is told.

    **Example**

    ```sql
    -- migrations/V2__owner.sql
    COMMENT ON DATABASE RESORT IS 'Deployed by {{ env_var('USER', 'nobody') }}';
    ```

    **Use instead** a variable of the environment; Snowflake's own functions, as CURRENT_USER(), for what shall be known
    when it runs; and `secret('NAME')` for a secret.

    ```sql
    -- migrations/V2__owner.sql
    COMMENT ON DATABASE RESORT IS 'Deployed by {{ var('team', 'nobody') }}';
    ```
    """
    for part in subject.parts:
        text = part.source.text
        line_at = line_finder(text)
        told = False
        for tag in _TAG.finditer(text) if "{" in text else ():
            code = _QUOTED.sub(lambda match: " " * len(match[0]), tag[0])
            for use in _UNSTEADY.finditer(code):
                told = True
                name = use["call"] or use["filter"]
                line = line_at(tag.start() + use.start())
                message = f"{name} makes the text depend on {_WHY.get(name, 'the time')}"
                yield part.found(message, line, "take a variable of the environment (snowmaker.toml), or --var")
        if part.source.path in subject.unstable and not told:
            yield part.found("two renderings of this template differ", 1, "take out what depends on chance or order")
