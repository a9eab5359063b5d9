"""Rules on directives: what stands in `-- snowmaker: …`."""

from __future__ import annotations

from collections.abc import Iterator

from snowmaker.errors import SourceError
from snowmaker.ordering import by_dependency, find_script
from snowmaker.rules.base import Found, Subject, project_rule
from snowmaker.suggest import did_you_mean, listed


@project_rule("error")
def unknown_directive(subject: Subject) -> Iterator[Found]:
    """A directive is unknown, is not written as it has to be, or stands where it would be overlooked.

    **Why?** A misspelt directive that is taken for a comment lets a script run under the wrong role, or everywhere.

    **Example**

    ```sql
    -- migrations/V2__reader.sql
    -- snowmaker: rol=SECURITYADMIN
    CREATE ROLE READER;
    ```

    **Use instead** one of `role`, `only`, `depends`, `transaction`, `irreversible`, `allow`, at the top of the file.

    ```sql
    -- migrations/V2__reader.sql
    -- snowmaker: role=SECURITYADMIN
    CREATE ROLE READER;
    ```
    """
    yield from subject.faulted("unknown_directive", "bad_directive", "misplaced_directive")


@project_rule("error")
def unknown_rule(subject: Subject) -> Iterator[Found]:
    """An `allow=` names no rule, or stands where it allows nothing.

    **Why?** It looks as if something was allowed on purpose, and nothing is.

    **Example**

    ```sql
    -- migrations/V2__public.sql
    -- snowmaker: allow=grant_to_pubic
    GRANT USAGE ON DATABASE RESORT TO ROLE PUBLIC;
    ```

    **Use instead** a name that `snowmaker check --rules` lists: at the top of the file for all of it, on a line of its
    own above a statement for that one.

    ```sql
    -- migrations/V2__public.sql
    -- snowmaker: allow=grant_to_public
    GRANT USAGE ON DATABASE RESORT TO ROLE PUBLIC;
    ```
    """
    from snowmaker.rules import rules  # which has found this module by now

    for part in subject.parts:
        for one in part.allowances:
            line = part.line(one.line)
            for name in one.rules:
                if name not in rules():
                    hint = did_you_mean(name, rules()) or f"there are: {listed(rules())}"
                    yield part.found(f"allow= names no rule {name!r}", line, hint)
            if part.index_below(one) < 0:
                hint = "put it on a line of its own above the statement, or at the top of the file"
                yield part.found("this allow= stands above no statement", line, hint)


@project_rule("warning")
def unknown_environment(subject: Subject) -> Iterator[Found]:
    """`only=` names an environment that snowmaker.toml does not have.

    **Why?** The script is ignored in every environment that there is, and nothing says so.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    -- snowmaker: only=prd
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    ```

    **Use instead**

    ```sql
    -- migrations/V2__lifts.sql
    -- snowmaker: only=prod
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    ```
    """
    for source in subject.sources:
        for name in source.directives.only:
            if name not in subject.environments:
                hint = did_you_mean(name, subject.environments) or f"there are: {listed(subject.environments)}"
                yield subject.found(source, f"only= names no environment {name!r}", hint)


@project_rule("error")
def unknown_dependency(subject: Subject) -> Iterator[Found]:
    """`depends=` names a script that is not there, or scripts depend on each other in a circle.

    **Why?** There is no order to run them in, so `migrate` refuses.

    **Example**

    ```sql
    -- migrations/R__lifts_by_slope.sql
    -- snowmaker: depends=R__lift
    CREATE OR REPLACE VIEW RESORT.MARTS.LIFTS_BY_SLOPE COPY GRANTS AS SELECT SLOPE FROM RESORT.LIFTS.OPEN_LIFT;
    ```

    **Use instead** the name of a script, with or without `.sql`.

    ```sql
    -- migrations/R__lifts_by_slope.sql
    -- snowmaker: depends=R__lifts
    CREATE OR REPLACE VIEW RESORT.MARTS.LIFTS_BY_SLOPE COPY GRANTS AS SELECT SLOPE FROM RESORT.LIFTS.OPEN_LIFT;
    -- migrations/R__lifts.sql
    CREATE OR REPLACE VIEW RESORT.LIFTS.OPEN_LIFT COPY GRANTS AS SELECT SLOPE FROM RESORT.LIFTS.LIFT WHERE OPEN;
    ```
    """
    faults = []
    for source in subject.sources:
        for wanted in source.directives.depends:
            try:
                find_script(wanted, subject.sources, source)
            except SourceError as fault:
                faults.append(subject.found(source, fault.message, fault.hint))
    yield from faults or _circles(subject)


def _circles(subject: Subject) -> Iterator[Found]:
    due = [one for one in subject.sources if one.kind == "repeatable" and one.script in subject.scripts]
    try:
        by_dependency(due, [subject.scripts[one.script].script for one in due], subject.sources)
    except SourceError as fault:
        named = [one for one in due if one.script in fault.message]
        yield subject.found(named[0] if named else due[0], fault.message, fault.hint)
