"""Properties that several kinds have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Pairs, Property
from snowmaker.components.grant import grantee_of
from snowmaker.components.types import (
    Boolean,
    Integer,
    Listed,
    Name,
    Need,
    Scope,
    Text,
    Type,
    Word,
    moved_name,
    read_name,
    resolved,
)

SIZES = ("XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE", "XXXLARGE", "X4LARGE", "X5LARGE", "X6LARGE")
# https://docs.snowflake.com/en/sql-reference/sql/create-warehouse#optional-properties-objectproperties
SIZE_SYNONYMS = {
    "X-SMALL": "XSMALL",
    "X-LARGE": "XLARGE",
    "2X-LARGE": "XXLARGE",
    "X2LARGE": "XXLARGE",
    "3X-LARGE": "XXXLARGE",
    "X3LARGE": "XXXLARGE",
    "4X-LARGE": "X4LARGE",
    "5X-LARGE": "X5LARGE",
    "6X-LARGE": "X6LARGE",
}
SIZE = Word(SIZES, SIZE_SYNONYMS)
LEVELS = Word(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"))


def transfer(target: str, old: Any, new: Any) -> Pairs:
    """Hand an object over; the privileges on it stay.

    https://docs.snowflake.com/en/sql-reference/sql/grant-ownership
    """
    back = (_transfer(target, old),) if old else ()
    return [(_transfer(target, new), back)] if new else []


def _transfer(target: str, role: str) -> str:
    kind = "DATABASE ROLE" if "." in role else "ROLE"
    return f"GRANT OWNERSHIP ON {target} TO {kind} {role} COPY CURRENT GRANTS"


@dataclass(frozen=True)
class Tags(Type):
    """Tags and their values: `{DB.S.COST_CENTER: finance}`."""

    def read(self, value: Any, scope: Scope) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, Mapping):
            raise ValueError("is a mapping of tags to texts")
        found = {sql.quote_name(*resolved(read_name(str(tag)), scope[:2], 3)): str(text) for tag, text in value.items()}
        return tuple(sorted(found.items()))

    def literal(self, value: Any) -> str:
        return ", ".join(f"{tag} = {sql.quote_literal(text)}" for tag, text in value)

    def plain(self, value: Any, scope: Scope) -> Any:
        return dict(value)

    def names(self, value: Any, scope: Scope) -> list[Need]:
        return [("TAG", sql.parse_name(tag)) for tag, _ in value]

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        return tuple(sorted((moved_name(tag, old, new), text) for tag, text in value))

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": {"type": ["string", "number"]}}


def tagged(target: str, old: Any, new: Any) -> Pairs:
    """Set and unset tags: https://docs.snowflake.com/en/user-guide/object-tagging/work"""
    before, after = dict(old or ()), dict(new or ())
    pairs: Pairs = []
    for tag, text in after.items():
        if before.get(tag) != text:
            pairs.append((_tag(target, tag, text), (_tag(target, tag, before.get(tag)),)))
    gone = [(tag, text) for tag, text in before.items() if tag not in after]
    return pairs + [(_tag(target, tag, None), (_tag(target, tag, text),)) for tag, text in gone]


def _tag(target: str, tag: str, text: str | None) -> str:
    return (
        f"ALTER {target} UNSET TAG {tag}"
        if text is None
        else f"ALTER {target} SET TAG {tag} = {sql.quote_literal(text)}"
    )


@dataclass(frozen=True)
class Option(Boolean):
    """Whether a word stands in the list of options that SHOW gives."""

    word: str = ""

    def shown(self, value: Any, scope: Scope) -> bool:
        return self.word in str(value or "").upper()


TRANSIENT = Property(
    "transient",
    Option("TRANSIENT"),
    default=False,
    column="options",
    form="TRANSIENT",
    before=True,
    fixed="no ALTER makes it transient or permanent",
)


def _secured(target: str, old: Any, new: Any) -> Pairs:
    words = {True: f"ALTER {target} SET SECURE", False: f"ALTER {target} UNSET SECURE"}
    return [(words[bool(new)], (words[bool(old)],))]


SECURE = Property("secure", Boolean(), default=False, column="is_secure", form="SECURE", before=True, alter=_secured)
COMMENT = Property("comment", Text(), default="")
OWNER = Property("owner", Name(of="ROLE"), optional=True, created=False, role="SECURITYADMIN", alter=transfer)
TAGS = Property("tags", Tags(), source="own", optional=True, created=False, alter=tagged)


@dataclass(frozen=True)
class Member(Type):
    """A role, a database role (of two parts), or `user NAME`."""

    def read(self, value: Any, scope: Scope) -> str:
        kind, name = grantee_of(str(value))
        return ("user " if kind == "USER" else "") + sql.quote_name(*name)


# memberships are grants, and are compared as such
GRANTED_TO = Property("granted_to", Listed(Member()), source="nowhere", created=False)


def parameter(name: str, kind: Type, **more: Any) -> Property:
    """A parameter that an object can set for itself; without it, it has its container's."""
    return Property(name, kind, source="parameters", **more)


# what databases and schemas can both set: https://docs.snowflake.com/en/sql-reference/parameters
CONTAINER_PARAMETERS = (
    parameter("data_retention_time_in_days", Integer(0, 90), short="retention"),
    parameter("max_data_extension_time_in_days", Integer(0, 90)),
    parameter("external_volume", Name(of="EXTERNAL VOLUME")),
    parameter("catalog", Name(of="CATALOG INTEGRATION")),
    parameter("replace_invalid_characters", Boolean()),
    parameter("default_ddl_collation", Text(empty=True)),
    parameter("default_notebook_compute_pool_cpu", Text()),
    parameter("default_notebook_compute_pool_gpu", Text()),
    parameter("storage_serialization_policy", Word(("COMPATIBLE", "OPTIMIZED"))),
    parameter("log_level", LEVELS),
    parameter("log_event_level", LEVELS),
    parameter("trace_level", Word(("ALWAYS", "ON_EVENT", "PROPAGATE", "OFF"))),
    parameter("metric_level", Word(("ALL", "NONE"))),
    parameter("suspend_task_after_num_failures", Integer()),
    parameter("task_auto_retry_attempts", Integer(0, 30)),
    parameter("user_task_managed_initial_warehouse_size", SIZE),
    parameter("user_task_timeout_ms", Integer(0, 604_800_000)),
    parameter("user_task_minimum_trigger_interval_in_seconds", Integer()),
    parameter("serverless_task_min_statement_size", SIZE),
    parameter("serverless_task_max_statement_size", SIZE),
    parameter("quoted_identifiers_ignore_case", Boolean()),
    parameter("enable_console_output", Boolean()),
    parameter("catalog_sync", Text()),
    parameter("base_location_prefix", Text()),
)
