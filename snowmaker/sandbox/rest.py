"""The part of Snowflake's REST API that snowflake-cli creates objects by: databases, schemas, warehouses, roles, users.

Each request becomes the SQL statement it stands for.
https://docs.snowflake.com/en/developer-guide/snowflake-rest-api/reference
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.sqlerror import SqlError

PREFIX = "/api/v2/"
_KINDS = {
    "databases": "DATABASE",
    "warehouses": "WAREHOUSE",
    "roles": "ROLE",
    "users": "USER",
    "schemas": "SCHEMA",
    "database-roles": "DATABASE ROLE",
}
_IN_DATABASE = ("schemas", "database-roles")
_MODES = {"errorIfExists": ("", ""), "orReplace": ("OR REPLACE ", ""), "ifNotExists": ("", "IF NOT EXISTS ")}
_STATUS = {2002: 409, 2003: 404, 2043: 404, 3001: 403}
_PROPERTY = re.compile(r"[a-z][a-z0-9_]*")

Run = Callable[[str], Result]
Reply = tuple[int, Any]


@dataclass(frozen=True)
class _Target:
    """What a path names: a kind, the database it is in, and an object of it."""

    kind: str
    database: str | None
    name: str | None

    @property
    def path(self) -> str:
        return f"{self.database}.{self.name}" if self.database else str(self.name)


def reply(method: str, path: str, parameters: Mapping[str, str], body: Mapping[str, Any], run: Run) -> Reply:
    """HTTP status and JSON for a request; `run` executes SQL in the client's session."""
    try:
        target = _target(path.removeprefix(PREFIX).strip("/").split("/"))
        if target is None:
            return 404, {"message": f"sandbox does not support the resource {path}", "code": "404"}
        match method, target.name:
            case "GET", None:
                return 200, _rows(run(_show(target)))
            case "GET", name:
                found = [row for row in _rows(run(_show(target))) if row["name"] == _plain(str(name))]
                return (200, found[0]) if found else (404, {"message": f"{target.kind} {name} was not found"})
            case "POST", None:
                return 200, {"status": _status(run(_create(target, parameters, body)))}
            case "DELETE", _:
                return 200, {"status": _status(run(f"DROP {target.kind} {target.path}"))}
    except SqlError as error:
        told = {"message": error.message, "code": f"{error.code:06d}", "error_code": f"{error.code:06d}"}
        return _STATUS.get(error.code, 400), told
    return 405, {"message": f"sandbox does not support {method} {path}", "code": "405"}


def _target(parts: list[str]) -> _Target | None:
    database = None
    if len(parts) > 2 and parts[0] == "databases" and parts[2] in _IN_DATABASE:
        database, parts = _quoted(parts[1]), parts[2:]
    if len(parts) > 2 or parts[0] not in _KINDS or (parts[0] in _IN_DATABASE) != bool(database):
        return None
    return _Target(_KINDS[parts[0]], database, _quoted(parts[1]) if len(parts) == 2 else None)


def _show(target: _Target) -> str:
    return f"SHOW {target.kind}S" + (f" IN DATABASE {target.database}" if target.database else "")


def _create(target: _Target, parameters: Mapping[str, str], body: Mapping[str, Any]) -> str:
    mode = parameters.get("createMode", "errorIfExists")
    if mode not in _MODES:
        raise SqlError(400, "22023", f"invalid createMode {mode}")
    replace, optional = _MODES[mode]
    given = {key: value for key, value in body.items() if value is not None}
    name = _quoted(str(given.pop("name", "")))
    where = f"{target.database}.{name}" if target.database else name
    transient = "TRANSIENT " if str(given.pop("kind", "")).upper() == "TRANSIENT" else ""
    managed = " WITH MANAGED ACCESS" if given.pop("managed_access", False) is True else ""
    properties = "".join(f" {_property(key)} = {_value(value)}" for key, value in given.items())
    return f"CREATE {replace}{transient}{target.kind} {optional}{where}{managed}{properties}"


def _property(key: str) -> str:
    if not _PROPERTY.fullmatch(key):
        raise SqlError(400, "22023", f"invalid property {key}")
    return key.upper()


def _value(value: Any) -> str:
    if isinstance(value, bool) or str(value).lower() in ("true", "false"):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        raise SqlError(400, "22023", "only texts, numbers and booleans are understood as properties")
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _plain(name: str) -> str:
    """A name as meant: unquoted ones are in upper case. Raises SqlError for what is none."""
    parser = Parser(name)
    (found,) = parser.name(1)
    parser.end()
    return found


def _quoted(name: str) -> str:
    return '"' + _plain(name).replace('"', '""') + '"'


def _rows(result: Result) -> list[dict[str, Any]]:
    names = [column.name for column in result.columns]
    return [dict(zip(names, row, strict=True)) for row in result.rows]


def _status(result: Result) -> str:
    return str(result.rows[0][0]) if result.rows else ""
