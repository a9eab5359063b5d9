"""Table functions: https://docs.snowflake.com/en/sql-reference/functions-table"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import TEXT
from snowmaker.sandbox.session_functions import last_query_id
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.binder import Binder, json_key
from snowmaker.sandbox.sql.bound import Unbound, text_sql
from snowmaker.sandbox.sql.coercion import SEMI, VARIANT, cast, fixed
from snowmaker.sandbox.sql.functions.registry import integer, text
from snowmaker.sandbox.sql.relations import Bound, Output, Relation, arrow_relation, named
from snowmaker.sandbox.sql.scope import Column, Scope

_ROWS_IN_SOME_TIME = 100_000
_Bind = Callable[[Binder, nodes.FunctionTable], Relation]
_FUNCTIONS: dict[str, _Bind] = {}


def table_function(*names: str) -> Callable[[_Bind], _Bind]:
    """Register what binds the table functions of these names."""

    def register(bind: _Bind) -> _Bind:
        for name in names:
            _FUNCTIONS[name] = bind
        return bind

    return register


def bind_table_function(binder: Binder, source: nodes.FunctionTable, before: Sequence[Column]) -> Bound:
    """`TABLE(f(…))`, whose arguments see the columns `before` it. Raises Unbound for a function it does not know."""
    call = source.call
    bind = _FUNCTIONS.get(call.function) if len(call.name) == 1 else None
    if bind is None:
        raise Unbound(f"the table function {call.function}")
    inner = binder.within(Scope(binder.text, tuple(before), binder.scope))
    found = named(binder, bind(inner, source), (call.function,), source.alias, "LATERAL " if before else "")
    if call.function == "GENERATOR":
        return replace(found, row=f"{found.sql.rpartition(' AS ')[2]}.c1")
    return found


def _argument(node: nodes.Call, name: str, index: int) -> nodes.Node | None:
    """An argument by its name or place."""
    found = dict(node.named).get(name)
    if found is None and len(node.arguments) > index:
        found = node.arguments[index]
    return found


@table_function("FLATTEN")
def _flatten(binder: Binder, source: nodes.FunctionTable) -> Relation:
    """https://docs.snowflake.com/en/sql-reference/functions/flatten"""
    call = source.call
    node = _argument(call, "INPUT", 0)
    if node is None:
        raise sqlerror.malformed("FLATTEN wants INPUT => …")
    given = binder.bind(node)
    if given.wire not in SEMI:
        given = cast(given, VARIANT)
    named_ = dict(call.named)
    path = binder.constant_text(named_["PATH"]) if "PATH" in named_ else None
    outer = "OUTER" in named_ and binder.bind(named_["OUTER"]).value is True
    mode = (binder.constant_text(named_["MODE"]) or "BOTH").upper() if "MODE" in named_ else "BOTH"
    if "RECURSIVE" in named_ and binder.bind(named_["RECURSIVE"]).value is True:
        raise Unbound("FLATTEN(RECURSIVE => TRUE)")
    this = given.sql
    if path:
        for key in path.split("."):
            this = f"json_extract({this}, {text_sql(json_key(key))})"
    return _flattened(this, path or "", mode, outer)


def _flattened(this: str, path: str, mode: str, outer: bool) -> Relation:
    """One row for each element: seq, key, path, index, value, this."""
    prefix = text_sql(path)
    dot = text_sql(f"{path}." if path else "")
    keys = (
        f"list_transform(list_sort(json_keys(this)), lambda k: {{'key': k, 'path': {dot} || CASE WHEN "
        f"regexp_full_match(k, '[A-Za-z_][A-Za-z0-9_$]*') THEN k ELSE '[''' || k || ''']' END, 'index': NULL, "
        "'value': json_extract(this, '$.\"' || k || '\"')})"
    )
    places = (
        "list_transform(range(CAST(json_array_length(this) AS BIGINT)), "
        f"lambda i: {{'key': NULL, 'path': {prefix} || '[' || "
        "CAST(i AS VARCHAR) || ']', 'index': i, 'value': json_extract(this, '$[' || CAST(i AS VARCHAR) || ']')})"
    )
    arrays = places if mode in ("BOTH", "ARRAY") else "[]"
    objects = keys if mode in ("BOTH", "OBJECT") else "[]"
    none = f"[{{'key': NULL, 'path': {prefix}, 'index': NULL, 'value': NULL}}]" if outer else "[]"
    kind = "STRUCT(key VARCHAR, path VARCHAR, index BIGINT, value JSON)[]"
    elements = (
        f"CASE json_type(this) WHEN 'ARRAY' THEN CAST({arrays} AS {kind}) WHEN 'OBJECT' THEN CAST({objects} AS {kind}) "
        f"ELSE CAST([] AS {kind}) END"
    )
    if outer:
        elements = f"CASE WHEN coalesce(len({elements}), 0) = 0 THEN CAST({none} AS {kind}) ELSE {elements} END"
    sql = (
        f"SELECT 1 AS seq, e.key, e.path, e.index, e.value, this FROM (SELECT unnest({elements}) AS e, this "
        f"FROM (SELECT {this} AS this))"
    )
    columns = (
        Output("SEQ", fixed(18, 0), False, "seq"), Output("KEY", TEXT, True, "key"), Output("PATH", TEXT, True, "path"),
        Output("INDEX", fixed(18, 0), True, '"index"'), Output("VALUE", VARIANT, True, "value"),
        Output("THIS", VARIANT, True, "this"),
    )  # fmt: skip
    return Relation(sql.replace("e.index,", 'e."index" AS "index",'), columns)


@table_function("SPLIT_TO_TABLE", "STRTOK_SPLIT_TO_TABLE")
def _split_to_table(binder: Binder, source: nodes.FunctionTable) -> Relation:
    """https://docs.snowflake.com/en/sql-reference/functions/split_to_table"""
    arguments = source.call.arguments
    given = text(binder, arguments[0])
    if source.call.function == "SPLIT_TO_TABLE":
        parts = f"string_split({given.sql}, {text(binder, arguments[1]).sql})"
    else:
        delimiters = text(binder, arguments[1]).sql if len(arguments) > 1 else "' '"
        pattern = f"'[' || regexp_escape({delimiters}) || ']'"
        parts = f"list_filter(regexp_split_to_array({given.sql}, {pattern}), lambda s: s <> '')"
    numbered = f"SELECT parts, unnest(range(1, len(parts) + 1)) AS i FROM (SELECT {parts} AS parts)"
    sql = f'SELECT 1 AS seq, i AS "index", parts[i] AS value FROM ({numbered})'
    columns = (
        Output("SEQ", fixed(18, 0), False, "seq"), Output("INDEX", fixed(18, 0), False, '"index"'),
        Output("VALUE", TEXT, True, "value"),
    )  # fmt: skip
    return Relation(sql, columns)


@table_function("GENERATOR")
def _generator(binder: Binder, source: nodes.FunctionTable) -> Relation:
    """Rows without columns: https://docs.snowflake.com/en/sql-reference/functions/generator"""
    count = _argument(source.call, "ROWCOUNT", 0)
    limit = dict(source.call.named).get("TIMELIMIT")
    if count is None and limit is None:
        raise sqlerror.malformed("GENERATOR wants ROWCOUNT => … or TIMELIMIT => …")
    if count is None and limit is not None:
        return _for_some_time(binder, limit)
    assert count is not None
    rows = integer(binder, count)
    return Relation(f"SELECT range AS c1 FROM range(CAST({rows.sql} AS BIGINT))", ())


def _for_some_time(binder: Binder, limit: nodes.Node) -> Relation:
    """As many rows as come in some seconds; here always the same number, after these seconds."""
    seconds = binder.bind(limit).value
    if not isinstance(seconds, (int, Decimal)) or isinstance(seconds, bool):
        raise sqlerror.malformed("TIMELIMIT wants a constant number")
    if not binder.context.describe_only:
        binder.context.session.pause(float(seconds))
    return Relation(f"SELECT range AS c1 FROM range({_ROWS_IN_SOME_TIME})", ())


@table_function("RESULT_SCAN")
def _result_scan(binder: Binder, source: nodes.FunctionTable) -> Relation:
    """https://docs.snowflake.com/en/sql-reference/functions/result_scan"""
    given = binder.bind(source.call.arguments[0]).value if source.call.arguments else -1
    if isinstance(given, int) and not isinstance(given, bool):
        given = last_query_id(binder.context, given) or "NULL"
    if not isinstance(given, str):
        raise Unbound("RESULT_SCAN of a computed query id")
    result = binder.context.host.result(binder.context.session, given)
    types = [column.type for column in result.columns]
    relation = arrow_relation(binder, result.table, types)
    columns = tuple(
        replace(each, name=column.name) for each, column in zip(relation.columns, result.columns, strict=True)
    )
    casts = ", ".join(f"CAST({each.sql} AS {_material(each)}) AS {each.sql}" for each in columns)
    own = binder.work.alias()
    return Relation(f"SELECT {casts} FROM ({relation.sql}) AS {own}", columns)


def _material(column: Output) -> str:
    from snowmaker.sandbox.sql.coercion import material

    return material(column.type)
