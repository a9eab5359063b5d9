"""Stages: https://docs.snowflake.com/en/sql-reference/sql/create-stage

An account shows whether there are credentials and a key, and never which. The files of an internal stage are lost
when it is replaced or dropped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from snowmaker import sql
from snowmaker.components import file_format
from snowmaker.components.base import Component, Kind, Pairs, Property, Record, Row, Values
from snowmaker.components.rows import name_in
from snowmaker.components.shared import COMMENT, OWNER, TAGS
from snowmaker.components.types import (
    HIDDEN,
    Boolean,
    Hidden,
    Integer,
    Mapped,
    Name,
    Part,
    Schema,
    Scope,
    Secret,
    Text,
    Word,
)
from snowmaker.suggest import listed

SSE = "SNOWFLAKE_SSE"
# the cloud of a URL by how it begins; s3compat is whatever speaks S3
_CLOUDS = {"s3": "AWS", "s3gov": "AWS", "s3china": "AWS", "s3compat": "AWS", "gcs": "GCS", "azure": "AZURE"}
_ENCRYPTIONS = {
    "": ("SNOWFLAKE_FULL", SSE),
    "AWS": ("AWS_CSE", "AWS_SSE_S3", "AWS_SSE_KMS", "NONE"),
    "GCS": ("GCS_SSE_KMS", "NONE"),
    "AZURE": ("AZURE_CSE", "NONE"),
}
_EXTERNAL = ("storage_integration", "credentials", "endpoint", "aws_access_point_arn", "use_privatelink_endpoint")


class Encryption(Mapped):
    """How files are encrypted; shown is of an internal stage its type, of an external one whether there is a key."""

    def read(self, value: Any, scope: Scope) -> Any:
        return super().read({"type": value} if isinstance(value, str) else value, scope)

    @property
    def schema(self) -> Schema:
        return {"anyOf": [self.parts["type"].type.schema, super().schema]}

    def same(self, one: Any, other: Any) -> bool:
        return self.visible(one) == self.visible(other)

    def visible(self, value: Any) -> str:
        """What is shown of it."""
        if value == HIDDEN or {"master_key", "kms_key_id"} & set(dict(value)):
            return "key"
        return SSE if dict(value).get("type") == SSE else ""


class Quoted(Name):
    """A name that SQL wants as a string."""

    def literal(self, value: Any) -> str:
        return sql.quote_literal(value)


class Format(Mapped):
    """The name of a file format, or the options of one."""

    def read(self, value: Any, scope: Scope) -> Any:
        found = super().read({"format_name": value} if isinstance(value, str) else value, scope)
        options = dict(found)
        if "format_name" in options and len(options) > 1:
            raise ValueError("is either format_name or options")
        problem = file_format.wrong(options.pop("type", "CSV"), options)
        if problem:
            raise ValueError(f"cannot be: {problem}")
        return found

    def shown(self, value: Any, scope: Scope) -> Any:
        name = value.get("FORMAT_NAME")
        if name:
            return super().shown({"FORMAT_NAME": file_format.unescaped(name)}, scope)
        plain = ("DATE_FORMAT", "TIME_FORMAT", "TIMESTAMP_FORMAT")
        return super().shown(
            {**value, **{key: file_format.unescaped(value[key]) for key in plain if key in value}}, scope
        )

    def plain(self, value: Any, scope: Scope) -> Any:
        found = super().plain(value, scope)
        return found.get("format_name", found)

    @property
    def schema(self) -> Schema:
        return {"anyOf": [{"type": "string"}, super().schema]}

    def differing(self, one: Any, other: Any) -> list[str]:
        first, second = ({"null_if": nulls_of(dict(value)), **dict(value)} for value in (one, other))
        return super().differing(tuple(first.items()), tuple(second.items()))


class Directory(Mapped):
    """The directory table: true, false, or how it is kept."""

    def read(self, value: Any, scope: Scope) -> Any:
        found = super().read({"enable": value} if isinstance(value, bool) else value, scope)
        if "enable" not in dict(found):
            raise ValueError("needs enable")
        return found

    def plain(self, value: Any, scope: Scope) -> Any:
        found = super().plain(value, scope)
        return found["enable"] if set(found) == {"enable"} else found

    @property
    def schema(self) -> Schema:
        return {"anyOf": [{"type": "boolean"}, super().schema]}


def nulls_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    """What NULL_IF is by default."""
    return file_format.nulls(options.get("type", "CSV"))


_CREDENTIALS = Mapped(
    {
        "aws_key_id": Part(Text()),
        "aws_secret_key": Part(Secret()),
        "aws_token": Part(Secret()),
        "aws_role": Part(Text()),
        "azure_sas_token": Part(Secret()),
    }
)
_ENCRYPTION = Encryption(
    {
        "type": Part(Word(tuple({word: 0 for words in _ENCRYPTIONS.values() for word in words}), quoted=True)),
        "master_key": Part(Secret()),
        "kms_key_id": Part(Text()),
    }
)
_DIRECTORY = Directory(
    {
        "enable": Part(Boolean(), False),
        "refresh_on_create": Part(Boolean(), shown=False),
        "auto_refresh": Part(Boolean(), False),
        "aws_sns_topic": Part(Text()),
        "notification_integration": Part(Name(of="NOTIFICATION INTEGRATION"), shown=False),
    }
)
_FORMAT = Format(
    {
        "format_name": Part(Quoted(3, of="FILE FORMAT")),
        "type": Part(file_format.TYPE.type, file_format.TYPE.default),
        **{one.name: Part(one.type, one.default) for one in file_format.OPTIONS},
    }
)
_COPY_OPTIONS = Mapped(
    {
        "on_error": Part(Word(), "ABORT_STATEMENT"),
        "size_limit": Part(Integer(1)),
        "purge": Part(Boolean(), False),
        "return_failed_only": Part(Boolean(), False),
        "match_by_column_name": Part(Word(("CASE_SENSITIVE", "CASE_INSENSITIVE", "NONE")), shown=False),
        "truncatecolumns": Part(Boolean(), False),
        "force": Part(Boolean(), False),
    }
)


# ALTER: https://docs.snowflake.com/en/sql-reference/sql/alter-stage


def _enabled(target: str, old: Any, new: Any) -> Pairs:
    def setting(value: Any) -> str:
        return f"ALTER {target} SET DIRECTORY = (ENABLE = {sql.quote_literal(dict(value or ()).get('enable', False))})"

    return [(setting(new), (setting(old),))]


def _encrypted(target: str, old: Any, new: Any) -> Pairs:
    """There is no way back to a key that nobody knows."""

    def setting(value: Any) -> str:
        return f"ALTER {target} SET ENCRYPTION = {_ENCRYPTION.literal(value or (('type', 'NONE'),))}"

    return [(setting(new), () if old == HIDDEN else (setting(old),))]


def _formatted(target: str, old: Any, new: Any) -> Pairs:
    def setting(value: Any, before: Any) -> str:
        found, other = dict(value or {"type": "CSV"}), dict(before or ())
        if "format_name" not in found and found.get("type", "CSV") == other.get("type", "CSV"):
            defaults = {**{key: _FORMAT.parts[key].default for key in other}, "null_if": nulls_of(found)}
            found = {"type": "CSV", **{key: defaults[key] for key in other if key != "format_name"}, **found}
        return f"ALTER {target} SET FILE_FORMAT = {_FORMAT.literal(_FORMAT.pairs(found))}"

    return [(setting(new, old), (setting(old, new),))]


def _copied(target: str, old: Any, new: Any) -> Pairs:
    def setting(value: Any, before: Any) -> str:
        defaults = tuple((key, _COPY_OPTIONS.parts[key].default) for key in dict(before or ()))
        found = dict((*defaults, *(value or ())))
        return f"ALTER {target} SET COPY_OPTIONS = {_COPY_OPTIONS.literal(tuple(found.items()))}"

    return [(setting(new, old), (setting(old, new),))]


def _rebuilt(attributes: Mapping[str, tuple[Any, Any]]) -> str:
    """Why ALTER cannot make a change, '' where it can."""
    old, new = attributes.get("url", ("", ""))
    if bool(old) != bool(new):
        return "an internal stage does not become external, nor an external one internal"
    if str(old).startswith("s3compat:") != str(new).startswith("s3compat:"):
        return "a stage does not change to or from s3compat://"
    if "credentials" in attributes:
        return "credentials can be changed, and neither be given nor taken away"
    for name in ("storage_integration", "aws_access_point_arn"):
        if name in attributes and None in attributes[name]:
            return f"{name} can be changed, and neither be given nor taken away"
    if SSE in {_ENCRYPTION.visible(value or ()) for value in attributes.get("encryption", ())}:
        return "the encryption of an internal stage cannot be altered"
    old, new = attributes.get("directory", ((), ()))
    fixed = [name for name in _DIRECTORY.differing(old, new) if name != "enable"]
    return f"{', '.join(fixed)} of a directory table cannot be altered" if fixed else ""


def _warn(live: Component, action: str) -> tuple[str, ...]:
    if action not in ("replace", "drop"):
        return ()
    if "url" not in live.values:
        return (f"the files of stage {live.quoted} are lost",)
    hidden = [name for name in ("credentials", "encryption") if live.values.get(name) == HIDDEN]
    return tuple(f"the {name} of stage {live.quoted} cannot be read, and come back only as declared" for name in hidden)


# what goes together


def _check(component: Component) -> str:
    values = component.values
    url = str(values.get("url") or "")
    scheme = url.partition("://")[0]
    if url and scheme not in _CLOUDS:
        return f"a url begins with {listed(_CLOUDS)}, and ://"
    wrong = [name for name in _EXTERNAL if name in values] if not url else []
    if wrong:
        return f"an internal stage has no {', '.join(wrong)}; an external one has a url"
    if "storage_integration" in values and {"credentials", "use_privatelink_endpoint"} & set(values):
        return "storage_integration stands in place of credentials and use_privatelink_endpoint"
    if (scheme == "s3compat") != ("endpoint" in values):
        return "endpoint is said of a url of s3compat://, and has to be"
    return _check_parts(values, _CLOUDS.get(scheme, ""))


def _check_parts(values: Values, cloud: str) -> str:
    credentials, directory = set(dict(values.get("credentials", ()))), set(dict(values.get("directory", ())))
    foreign = [name for name in credentials if not name.startswith(f"{cloud.lower()}_")]
    if foreign:
        return f"{', '.join(sorted(foreign))} opens no {cloud} location"
    if "aws_role" in credentials and len(credentials) > 1:
        return "aws_role is the only one of its credentials"
    encryption = dict(values.get("encryption", ())).get("type")
    if encryption and encryption not in _ENCRYPTIONS[cloud]:
        where = f"of {cloud}" if cloud else "that is internal"
        return f"encryption of a stage {where} is {listed(_ENCRYPTIONS[cloud])}, and not {encryption}"
    allowed = {"": (), "AWS": ("aws_sns_topic", "refresh_on_create")}.get(
        cloud, ("notification_integration", "refresh_on_create")
    )
    wrong = directory - {"enable", "auto_refresh", *allowed}
    return f"its directory has no {', '.join(sorted(wrong))}" if wrong else ""


# reading


def _identity(record: Record) -> tuple[str, ...] | None:
    """Temporary stages are their session's."""
    return None if "TEMPORARY" in str(record.get("type") or "").upper() else name_in(KIND, record)


def _read(row: Row) -> Values:
    parents: dict[str, dict[str, Any]] = defaultdict(dict)
    for key, value in row.described.items():
        parent, _, name = key.partition(".")
        parents[parent][name] = value
    scope = (str(row.shown.get("database_name")), str(row.shown.get("schema_name")))
    return {
        "file_format": _FORMAT.shown(parents["STAGE_FILE_FORMAT"], scope),
        "copy_options": _COPY_OPTIONS.shown(parents["STAGE_COPY_OPTIONS"], scope),
        "directory": _DIRECTORY.shown(parents["DIRECTORY"], scope),
        "credentials": _credentials(row.shown),
        "encryption": _encryption(row.shown),
    }


def _credentials(shown: Record) -> Any:
    if not Boolean().shown(shown.get("has_credentials"), ()):
        return None
    azure = str(shown.get("url") or "").startswith("azure:")
    return Hidden("azure_sas_token") if azure else Hidden("aws_key_id", "aws_secret_key")


def _encryption(shown: Record) -> Any:
    if Boolean().shown(shown.get("has_encryption_key"), ()):
        return HIDDEN
    return (("type", SSE),) if str(shown.get("type") or "").upper() == "INTERNAL NO CSE" else None


KIND = Kind(
    "STAGE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-stage",
    (
        Property("url", Text(), unset=False),
        Property("storage_integration", Name(of="STORAGE INTEGRATION"), unset=False),
        Property("credentials", _CREDENTIALS, source="own", unset=False),
        Property("endpoint", Text(), unset=False, fixed="the endpoint of a stage cannot be altered"),
        Property(
            "aws_access_point_arn", Text(), column="STAGE_LOCATION.AWS_ACCESS_POINT_ARN", source="describe", unset=False
        ),
        Property(
            "use_privatelink_endpoint",
            Boolean(),
            default=False,
            column="PRIVATELINK.USE_PRIVATELINK_ENDPOINT",
            source="describe",
            unset=False,
        ),
        Property("encryption", _ENCRYPTION, default=(), source="own", alter=_encrypted),
        Property("directory", _DIRECTORY, default=(), source="own", alter=_enabled),
        Property("file_format", _FORMAT, default=(), source="own", alter=_formatted),
        Property("copy_options", _COPY_OPTIONS, default=(), source="own", alter=_copied),
        replace(COMMENT, unset=False),
        TAGS,
        OWNER,
    ),
    described=True,
    identity=_identity,
    read=_read,
    check=_check,
    rebuilt=_rebuilt,
    warn=_warn,
    rank=34,
)
