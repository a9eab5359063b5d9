"""A session: an open connection to an account, real or sandbox. The only module that imports the connector.

Driver errors become this project's errors here, with Snowflake's number, SQLSTATE and query id. A statement runs on
a thread of its own, so that Ctrl-C is seen at once also where the driver's core does not look for signals.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from snowmaker.errors import AccountError, ConfigError, ConnectError, StatementError
from snowmaker.sql import quote_identifier

LOGIN_TIMEOUT = 30  # seconds; the driver's own default is minutes of silence
LOST = "answer_lost"  # the code of a statement of which nobody knows whether it ran
CANCEL_WAIT = 10  # seconds that a cancelled statement gets to come back

Redact = Callable[[str], str]

# The driver puts "001003 (42000): <query id>: " before a text, 5.x twice, and "(request_id=…)" behind it.
_PREFIX = re.compile(r"^(?:\d{6} \([0-9A-Z]{5}\):\s*(?:[0-9a-f]{8}-[0-9a-f-]{27}:\s*)?)+")
_SUFFIX = re.compile(r"\s*\((?:request_id|query_id|queryId)=[^)]*\)\s*$")


@dataclass(frozen=True)
class Answer:
    """What a statement gave: column names, rows, its query id, and the number of rows it touched or returned."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    query_id: str
    rowcount: int | None

    def records(self) -> list[dict[str, Any]]:
        """The rows as objects, keyed by column name in lower case."""
        names = [name.lower() for name in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


class Cancelled(KeyboardInterrupt):
    """Ctrl-C. `ended` tells that the statement has come back; `answer` is what it gave, where it succeeded first."""

    def __init__(self, ended: bool, answer: Answer | None) -> None:
        self.ended = ended
        self.answer = answer


@dataclass(frozen=True)
class Namespace:
    """What USE changes; None where nothing is in use."""

    role: str | None
    warehouse: str | None
    database: str | None
    schema: str | None


def as_reported(name: str) -> str:
    """A name of a Namespace as SQL; the driver reports one that needs quotes with them, on some versions."""
    return name if name.startswith('"') else quote_identifier(name)


class Session(Protocol):
    """What the account side needs of a connection.

    `requests` counts the query requests sent, those with `counted=False` apart. `watch` is called now and then while a
    statement runs: what it raises ends the wait.
    """

    requests: int
    watch: Callable[[], None]

    @property
    def namespace(self) -> Namespace:
        """Role, warehouse, database and schema in use; costs no request."""

    @property
    def session_id(self) -> str:
        """Snowflake's id of this session."""

    def execute(
        self,
        text: str,
        parameters: Sequence[Any] = (),
        *,
        tag: str = "",
        fetch: bool = True,
        counted: bool = True,
        transfer: bool = False,
        limit: int | None = None,
    ) -> Answer:
        """Run one statement, `?` bound to parameters, under a query tag; `limit` is how many rows are fetched at most.

        Raises StatementError, with the code LOST where the account's answer was not heard.
        """

    def compile(self, text: str) -> None:
        """Have the account compile a query or DML statement, without running it. Raises StatementError."""

    def reconnect(self) -> None:
        """Begin a new session in place of this one: nothing a script set is left. Raises ConnectError."""

    def close(self) -> None:
        """End the session; never raises."""


class SnowflakeSession:
    """A session over snowflake-connector-python, 4.x or 5.x.

    `redact` takes the secrets out of what the account answers, whose errors may quote a statement, and out of what the
    driver logs: the records of its Python loggers, tracebacks included, while this session is open. What a driver's
    native core or another library writes by itself, and what a program logs of a statement it sent, is beyond it.
    """

    def __init__(self, options: dict[str, Any], redact: Redact = str) -> None:
        self.requests = 0
        self.watch: Callable[[], None] = lambda: None
        self._counting = threading.Lock()  # an account is read by several threads
        self._options = options
        self._redact = redact
        self._discreet = _Discreet(redact)
        self._connection = _connect(options)
        self._discreet.begin()
        # a PUT or GET is two query requests in 4.x, one in 5.x
        self._transfer_requests = 2 if _driver_version() < 5 else 1

    @property
    def namespace(self) -> Namespace:
        """Role, warehouse, database and schema, as the driver last heard them; '' counts as none."""
        connection = self._connection
        return Namespace(
            connection.role or None,
            connection.warehouse or None,
            connection.database or None,
            connection.schema or None,
        )

    @property
    def session_id(self) -> str:
        """Snowflake's id of this session."""
        return str(self._connection.session_id)

    def execute(
        self,
        text: str,
        parameters: Sequence[Any] = (),
        *,
        tag: str = "",
        fetch: bool = True,
        counted: bool = True,
        transfer: bool = False,
        limit: int | None = None,
    ) -> Answer:
        """Run one statement; on Ctrl-C cancel it in the account, wait for it, and raise Cancelled."""
        if counted:
            with self._counting:
                self.requests += self._transfer_requests if transfer else 1
        call = _Call(self._connection, text, parameters, tag, fetch, limit, self._redact)
        try:
            call.wait(self.watch)
        except KeyboardInterrupt:
            self._cancel(call)
            raise Cancelled(not call.thread.is_alive(), call.answer) from None
        return call.result()

    def compile(self, text: str) -> None:
        """Describe the result of a statement: the account compiles it, and does not run it.

        https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api#describe
        """
        with self._counting:
            self.requests += 1
        call = _Compilation(self._connection, text, (), "", False, None, self._redact)
        call.wait(self.watch)
        call.result()

    def reconnect(self) -> None:
        """Log in anew and end the old session; variables, parameters and USE are as at the first login."""
        old, self._connection = self._connection, _connect(self._options)
        _close(old)

    def close(self) -> None:
        """End the session; a connection that is gone already is no error here."""
        _close(self._connection)
        self._discreet.end()

    def _cancel(self, call: _Call) -> None:
        """Cancel what this session runs, from a second session: the first is busy.

        https://docs.snowflake.com/en/sql-reference/functions/system_cancel_all_queries
        """
        try:
            other = SnowflakeSession(self._options, self._redact)
        except AccountError:
            return
        try:
            other.execute(f"SELECT SYSTEM$CANCEL_ALL_QUERIES({int(self.session_id)})")
        except AccountError:
            pass  # it may have ended meanwhile; the wait below tells
        finally:
            other.close()
        call.thread.join(CANCEL_WAIT)


class _Call:
    """One `cursor.execute` on a daemon thread."""

    def __init__(
        self,
        connection: Any,
        text: str,
        parameters: Sequence[Any],
        tag: str,
        fetch: bool,
        limit: int | None,
        redact: Redact,
    ) -> None:
        self._connection = connection
        self._redact = redact
        self._arguments = (text, tuple(parameters), tag, fetch, limit)
        self.answer: Answer | None = None
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True, name="snowmaker-statement")
        self.thread.start()

    def wait(self, watch: Callable[[], None]) -> None:
        """Until the statement has ended; short waits, so that a signal is handled in between."""
        self.thread.join(0.5)
        while self.thread.is_alive():
            watch()
            self.thread.join(0.5)

    def result(self) -> Answer:
        """What it gave, or its error."""
        if self._error is not None:
            raise self._error
        assert self.answer is not None
        return self.answer

    def _run(self) -> None:
        from snowflake.connector.errors import Error

        try:
            self.answer = self._execute(*self._arguments)
        except Error as error:
            code = LOST if _unheard(error) else "statement_failed"
            self._error = _translated(error, StatementError, code, redact=self._redact)
        except OSError as error:  # a local file of a PUT
            text = self._redact(f"{error.strerror or error}: {error.filename}")
            self._error = StatementError(text, code="local_file")
        except BaseException as error:  # crosses the thread: result() raises it where it belongs
            self._error = error

    def _execute(self, text: str, parameters: tuple[Any, ...], tag: str, fetch: bool, limit: int | None) -> Answer:
        with self._connection.cursor() as cursor:
            extra = {"_statement_params": {"QUERY_TAG": tag}} if tag else {}
            cursor.execute(text, parameters or None, **extra)
            columns = tuple(column.name for column in cursor.description or ())
            wanted = fetch and bool(columns)
            rows = list(cursor.fetchall() if limit is None else cursor.fetchmany(limit)) if wanted else []
            return Answer(columns, rows, str(cursor.sfqid or ""), cursor.rowcount)


class _Discreet(logging.Filter):
    """Takes secrets out of what the driver logs."""

    def __init__(self, redact: Redact) -> None:
        super().__init__()
        self._redact = redact
        self._loggers: list[logging.Logger] = []

    def begin(self) -> None:
        """Listen to the driver's loggers. A filter holds for one logger, and not for those below it."""
        known = [name for name in logging.root.manager.loggerDict if name.startswith("snowflake.connector")]
        self._loggers = [logging.getLogger(name) for name in known]
        for logger in self._loggers:
            logger.addFilter(self)

    def end(self) -> None:
        """Leave the loggers alone."""
        for logger in self._loggers:
            logger.removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the secrets in it."""
        record.msg, record.args = self._redact(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self._redact(record.exc_text or _TRACEBACKS.formatException(record.exc_info))
            record.exc_info = None
        return True


_TRACEBACKS = logging.Formatter()


class _Compilation(_Call):
    """One `cursor.describe`."""

    def _execute(self, text: str, parameters: tuple[Any, ...], tag: str, fetch: bool, limit: int | None) -> Answer:
        with self._connection.cursor() as cursor:
            cursor.describe(text)
            return Answer((), [], "", None)


def open_session(options: dict[str, Any], redact: Redact = str) -> SnowflakeSession:
    """Connect with the driver's own keyword arguments; raises ConnectError, or ConfigError for bad options."""
    return SnowflakeSession(options, redact)


def _connect(options: dict[str, Any]) -> Any:
    import snowflake.connector
    from snowflake.connector.errors import Error

    merged = {
        "login_timeout": LOGIN_TIMEOUT,
        "application": "snowmaker",
        "paramstyle": "qmark",
        "autocommit": True,
        # 5.x warns on each connect where this is not said; 4.x ignores it
        "enable_server_session_keep_alive_auto_detection": True,
        **options,
    }
    parameters = {
        "QUOTED_IDENTIFIERS_IGNORE_CASE": False,  # quoted names mean what they say, whatever the account's default is
        "CLIENT_TELEMETRY_ENABLED": False,  # the driver's report of what Python has loaded: a request as a session ends
        **options.get("session_parameters", {}),
    }
    try:
        with _quiet():
            return snowflake.connector.connect(**{**merged, "session_parameters": parameters})
    except Error as error:
        raise _translated(error, ConnectError, "connection_failed", _login_hint(error)) from error
    except OSError as error:
        raise ConnectError(str(error), "connection_failed", "check the host, the network and the proxy") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the connection's settings are wrong: {error}", code="bad_connection") from error


def _close(connection: Any) -> None:
    from snowflake.connector.errors import Error

    try:
        with _quiet():
            connection.close()
    except (Error, OSError):
        return


def _login_hint(error: Any) -> str:
    if "password" in str(error).lower() or error.errno in (390100, 250001):
        return "check account, host, user and credentials of this connection; `snowmaker doctor` tells more"
    return "check the account's name, the host and the network; `snowmaker doctor` tells more"


def _unheard(error: Any) -> bool:
    """Whether the account may have run a statement that failed here: the error is the driver's or the session's.

    The driver numbers its own from 250000, those of file transfers 253; a session that has ended is 390:
    https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api
    """
    number = error.errno if isinstance(error.errno, int) else -1
    return number // 1000 != 253 and (number <= 0 or number >= 250_000)


def _translated(
    error: Any, kind: type[AccountError], code: str, hint: str = "", *, redact: Redact = str, limit: int = 20_000
) -> AccountError:
    text = redact(str(getattr(error, "raw_msg", "") or getattr(error, "msg", "") or error))
    text = _SUFFIX.sub("", _PREFIX.sub("", text.strip())).strip()[:limit]
    return kind(
        text or type(error).__name__,
        code=code,
        hint=hint,
        errno=error.errno if isinstance(error.errno, int) and error.errno > 0 else None,
        sqlstate=str(error.sqlstate or ""),
        query_id=str(error.sfqid or ""),
    )


def _driver_version() -> int:
    import snowflake.connector

    return int(str(snowflake.connector.__version__).split(".")[0])


@contextmanager
def _quiet() -> Iterator[None]:
    """The driver's advice to its callers is not for our users."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
