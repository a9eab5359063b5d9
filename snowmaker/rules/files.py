"""Rules on files: their names, their pairs, and what became of them since they were applied."""

from __future__ import annotations

from collections.abc import Iterator

from snowmaker.errors import SourceError
from snowmaker.ledger import statuses
from snowmaker.model import Script, Source
from snowmaker.rules.base import Found, Subject, project_rule


@project_rule("error")
def unreadable_file(subject: Subject) -> Iterator[Found]:
    r"""A file cannot be read, or is no text in UTF-8.

    **Why?** Its checksum, and with it whether it runs, would depend on how somebody's machine guesses the encoding.

    **Example**

    ```sql
    -- migrations/V1__resort.sql
    COMMENT ON DATABASE RESORT IS 'Ski resort \xfcber alles';
    ```

    **Use instead** the same file, saved as UTF-8.

    ```sql
    -- migrations/V1__resort.sql
    COMMENT ON DATABASE RESORT IS 'Ski resort über alles';
    ```
    """
    yield from subject.faulted("unreadable", "not_utf8")


@project_rule("error")
def file_name(subject: Subject) -> Iterator[Found]:
    """A file's name is nearly a migration's, or a rollback belongs to no script.

    **Why?** A file that is passed over in silence is a change that never happens. So names that are nearly right are
    refused; files that look like nothing of the kind are left alone.

    **Example**

    ```sql
    -- migrations/V2_lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    ```

    **Use instead** two underscores, and the same version for the rollback.

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    -- migrations/U2__lifts.sql
    DROP TABLE IF EXISTS RESORT.LIFTS.LIFT;
    ```
    """
    yield from subject.faulted("bad_name", "cli_script", "orphan_rollback")


@project_rule("error")
def duplicate_version(subject: Subject) -> Iterator[Found]:
    """Two scripts have one version or one name, or a script has two rollbacks.

    **Why?** Which of them ran could not be told. It happens when two branches take the next number; versions that are
    times in UTC, as `snowmaker new` makes them, do not meet.

    **Example**

    ```sql
    -- migrations/V7__add_lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    -- migrations/V07__add_guns.sql
    CREATE TABLE RESORT.LIFTS.GUN (ID NUMBER);
    ```

    **Use instead**

    ```sql
    -- migrations/V20261123T101500__add_lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    -- migrations/V20261123T104200__add_guns.sql
    CREATE TABLE RESORT.LIFTS.GUN (ID NUMBER);
    ```
    """
    yield from subject.faulted("duplicate_version", "duplicate_name", "duplicate_rollback")


@project_rule("error")
def missing_rollback(subject: Subject) -> Iterator[Found]:
    """A script has no rollback and does not say that it is irreversible.

    **Why?** The moment in which a rollback is needed is the worst to write one. Under `[policy] rollback = "required"`
    `migrate` refuses a versioned script without; a repeatable one goes back to its earlier text, but the first time
    there is none, so that is a warning. With `"optional"` a versioned script is warned of, too.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    ```

    **Use instead** a `U` file of the same version, or the directive `irreversible`.

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    -- migrations/U2__lifts.sql
    DROP TABLE IF EXISTS RESORT.LIFTS.LIFT;
    ```
    """
    required = subject.policy.rollback == "required"
    for source in subject.sources:
        if source.kind == "always" or source.undo is not None or source.directives.irreversible:
            continue
        if source.kind == "versioned" or required:
            hint = "write its U file, or say `-- snowmaker: irreversible`"
            level = "" if required and source.kind == "versioned" else "warning"
            yield subject.found(source, f"{source.script} has no rollback", hint, level)


@project_rule("error")
def edited_script(subject: Subject) -> Iterator[Found]:
    """A versioned script was edited after it was applied.

    **Why?** It does not run again: the account keeps what the old text made, the files tell something else, and the
    next environment gets what this one never had. `migrate` refuses it (`[policy] changed`). Read from the history,
    so this is told by `snowmaker check -e ENVIRONMENT` alone.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql, as it was applied
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER, NAME VARCHAR);
    ```

    **Use instead** a new script. Where the edit changes nothing, as of a comment, `snowmaker repair --checksums`
    accepts it.

    ```sql
    -- migrations/V2__lifts.sql, as it was applied
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    -- migrations/V3__names_of_lifts.sql
    ALTER TABLE RESORT.LIFTS.LIFT ADD COLUMN NAME VARCHAR;
    ```
    """
    if subject.ledger is None:
        return
    versioned = {source.script: source for source in subject.sources if source.kind == "versioned"}

    def rendered(source: Source) -> Script:
        if source.script not in subject.scripts:
            raise SourceError("is told of elsewhere", file=source.path)
        return subject.scripts[source.script].script

    hint = "put the change into a new script; `snowmaker repair --checksums` accepts the edit"
    level = "" if subject.policy.changed == "error" else "warning"
    for status in statuses(tuple(versioned.values()), subject.ledger, rendered, subject.environment):
        if status.state == "changed":
            yield subject.found(versioned[status.script], f"{status.script}: {status.detail}", hint, level)
