"""SECRET: https://docs.snowflake.com/en/sql-reference/sql/create-secret

What it holds is never kept: nothing in the sandbox reads it, so nothing can give it away.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.integrations import Family, Form, checked, flag, listing, secret, text, word
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    created,
    exists,
    new,
    register,
    texts,
    vacant,
    where,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.properties import name, one_of
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Column, Result
from snowmaker.sandbox.tags import read_clause


def _time(parser: Parser) -> str:
    """A date with or without a time; none is kept as it was written. Raises 001008."""
    text = parser.string()
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise sqlerror.invalid_value(text, "OAUTH_REFRESH_TOKEN_EXPIRY_TIME") from None


_TYPE = one_of("OAUTH2", "CLOUD_PROVIDER_TOKEN", "PASSWORD", "GENERIC_STRING", "SYMMETRIC_KEY")
_FORMS = Family(
    "SECRET",
    "SECRET",
    {"TYPE": _TYPE},
    (
        Form(
            {"TYPE": ("OAUTH2",)},
            (
                word("API_AUTHENTICATION", name, required=True),
                listing("OAUTH_SCOPES"),
                secret("OAUTH_REFRESH_TOKEN"),
                word("OAUTH_REFRESH_TOKEN_EXPIRY_TIME", _time),
            ),
        ),
        Form({"TYPE": ("CLOUD_PROVIDER_TOKEN",)}, (word("API_AUTHENTICATION", name, required=True), flag("ENABLED"))),
        Form({"TYPE": ("PASSWORD",)}, (text("USERNAME", required=True), secret("PASSWORD", required=True))),
        Form({"TYPE": ("GENERIC_STRING",)}, (secret("SECRET_STRING", required=True),)),
        Form({"TYPE": ("SYMMETRIC_KEY",)}, (word("ALGORITHM", one_of("GENERIC"), required=True),)),
    ),
)
_READERS = {
    "TYPE": _TYPE,
    "COMMENT": Parser.string,
    **{each.name: each.read for form in _FORMS.forms for each in form.properties},
}


def _scopes(entry: Entry) -> str | None:
    found = entry.get("values").get("OAUTH_SCOPES")
    return None if found is None else "[" + ", ".join(found) + "]"


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    return (
        entry.created_on, entry.name, schema, database, context.owner(entry), entry.comment or None,
        entry.get("values")["TYPE"], _scopes(entry), context.owner_type(entry),
    )  # fmt: skip


def _described(context: Context, entry: Entry) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-secret"""
    database, schema = context.catalog.path(entry)[:2]
    values = entry.get("values")
    expiry = values.get("OAUTH_REFRESH_TOKEN_EXPIRY_TIME")
    row = (
        entry.created_on, entry.name, schema, database, context.owner(entry), entry.comment or None, values["TYPE"],
        values.get("USERNAME"), None, datetime.fromisoformat(expiry).replace(tzinfo=UTC) if expiry else None,
        _scopes(entry), values.get("API_AUTHENTICATION"),
    )  # fmt: skip
    columns = (
        CREATED_ON,
        *texts("name schema_name database_name owner comment secret_type username"),
        Column("oauth_access_token_expiry_time", TIMESTAMP_LTZ),
        Column("oauth_refresh_token_expiry_time", TIMESTAMP_LTZ),
        *texts("oauth_scopes integration_name"),
    )
    return Result(columns, [row], type_id=DESCRIBE)


SECRET = Kind(
    "SECRET",
    "SECRETS",
    "SCHEMA",
    (
        CREATED_ON,
        *texts("name schema_name database_name owner comment secret_type oauth_scopes owner_role_type"),
    ),
    _row,
    grants=("READ", "USAGE"),
    describe=_described,
    recorded=True,
)
register(SECRET)


@statement("CREATE", "SECRET")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = parser.if_not_exists()
    found = parser.name()
    values: dict[str, Any] = {}
    tags: dict[str, str] = {}
    while given := parser.options(_READERS, "SECRET"):
        values.update(given)
    if (clause := read_clause(context, parser)) is not None:
        tags = clause
    parser.end()
    comment = values.pop("COMMENT", "")
    _check(context, values)
    with context.ddl() as ddl:
        if not vacant(context, ddl, SECRET, found, optional=optional):
            return exists(found[-1])
        parent, own = where(context, SECRET, found)
        entry = new(context, "SECRET", parent, own, comment=comment)
        ddl.put(with_options(entry, {"VALUES": values, "TAGS": tags}))
    return created("SECRET", own)


def _check(context: Context, values: dict[str, Any]) -> None:
    """The properties belong to the type, and the integration is there; what is secret leaves `values`."""
    checked(_FORMS, values, "SECRET")
    integration = values.get("API_AUTHENTICATION")
    if integration is not None:
        found = context.catalog.find("INTEGRATION", ACCOUNT, integration)
        if found is None or not context.access.sees(found):
            raise sqlerror.does_not_exist("Integration", integration, container=True)
        context.require(found, "USAGE")


def _set(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-secret: all but the type."""
    readers = {key: reader for key, reader in _READERS.items() if key != "TYPE"}
    given = parser.options({**readers, "COMMENT": _comment}, "SECRET")
    if not given:
        raise parser.unexpected()
    parser.end()

    def changed(entry: Entry) -> Entry:
        values = {key: value for key, value in given.items() if key != "COMMENT"}
        merged = {**entry.get("values"), **values}
        _check(context, merged)
        comment = given.get("COMMENT", entry.comment) or ""
        return replace(entry, comment=comment, properties={**entry.properties, "values": merged})

    return altered(context, target, changed)


def _comment(parser: Parser) -> str:
    """Text, or NULL, which is how a secret's comment is unset too."""
    return "" if parser.accept("NULL") else parser.string()


def _unset(context: Context, parser: Parser, target: Target) -> Result:
    parser.expect("COMMENT")
    parser.end()
    return altered(context, target, lambda entry: replace(entry, comment=""))


alterable(SECRET, {}, {"SET": _set, "UNSET": _unset}, renames=False)
