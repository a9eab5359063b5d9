"""Semi-structured data: https://docs.snowflake.com/en/sql-reference/functions-semistructured"""

from __future__ import annotations

from snowmaker.sandbox.datatypes import BOOLEAN, TEXT, DataType
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.binder import Binder, element, json_array, json_object
from snowmaker.sandbox.sql.bound import Bound, Unbound, constant, joined, text_sql
from snowmaker.sandbox.sql.coercion import ARRAY, OBJECT, VARIANT, cast, fixed, text_of
from snowmaker.sandbox.sql.functions.registry import document, function, integer, plain, simple, text
from snowmaker.sandbox.sql.nodes import Call

_COUNT = fixed(9, 0)

simple("PARSE_JSON", "t", VARIANT, "sf_parse_json({0})")
simple("TRY_PARSE_JSON", "t", VARIANT, "sf_try_parse_json({0})", nullable=True)
simple(
    "CHECK_JSON",
    "t",
    TEXT,
    "CASE WHEN json_valid({0}) OR trim({0}) = '' THEN NULL ELSE 'invalid JSON' END",
    nullable=True,
)
simple("TYPEOF", "v", DataType("TEXT", length=16777216), "sf_typeof({0})")
simple("STRIP_NULL_VALUE", "v", VARIANT, "sf_real_null({0})", nullable=True)
simple(
    "ARRAY_SIZE",
    "v",
    _COUNT,
    "CASE WHEN json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS BIGINT) END",
    nullable=True,
)
simple("OBJECT_KEYS", "v", ARRAY, "to_json(list_sort(json_keys({0})))")
simple("ARRAY_CAT", "vv", ARRAY, "to_json(list_concat(sf_items({0}), sf_items({1})))")
simple(
    "ARRAY_COMPACT",
    "v",
    ARRAY,
    "to_json(list_filter(sf_items({0}), lambda x: x IS NOT NULL AND json_type(x) <> 'NULL'))",
)
simple("ARRAY_DISTINCT", "v", ARRAY, "to_json(list_sort(list_distinct(sf_items({0}))))")
simple("ARRAY_REVERSE", "v", ARRAY, "to_json(list_reverse(sf_items({0})))")
simple("ARRAY_INTERSECTION", "vv", ARRAY, "to_json(list_sort(list_intersect(sf_items({0}), sf_items({1}))))")
simple(
    "ARRAY_EXCEPT", "vv", ARRAY, "to_json(list_filter(sf_items({0}), lambda x: NOT list_contains(sf_items({1}), x)))"
)
simple("ARRAYS_OVERLAP", "vv", BOOLEAN, "list_has_any(sf_items({0}), sf_items({1}))")
simple("ARRAY_FLATTEN", "v", ARRAY, "to_json(flatten(list_transform(sf_items({0}), lambda x: sf_items(x))))")
simple("ARRAY_TO_STRING", "vt", TEXT,
       "array_to_string(list_transform(sf_items({0}), lambda x: coalesce(sf_document_text(x), '')), {1})")  # fmt: skip
simple(
    "ARRAY_MIN", "v", VARIANT, "list_min(list_filter(sf_items({0}), lambda x: json_type(x) <> 'NULL'))", nullable=True
)
simple(
    "ARRAY_MAX", "v", VARIANT, "list_max(list_filter(sf_items({0}), lambda x: json_type(x) <> 'NULL'))", nullable=True
)
simple("ARRAY_SLICE", "vii", ARRAY,
       "to_json(sf_items({0})[(CASE WHEN {1} < 0 THEN greatest(len(sf_items({0})) + {1}, 0) ELSE {1} END) + 1:"
       "(CASE WHEN {2} < 0 THEN len(sf_items({0})) + {2} ELSE {2} END)])")  # fmt: skip
simple("ARRAY_GENERATE_RANGE", "iii", ARRAY, "to_json(range({0}, {1}, {2}))", optional=1, defaults=("1",))
simple("ARRAY_SORT", "vbb", ARRAY,
       "to_json(CASE WHEN {1} THEN list_sort(sf_items({0})) ELSE list_reverse_sort(sf_items({0})) END)",
       optional=2, defaults=("true", "false"))  # fmt: skip
simple(
    "JSON_EXTRACT_PATH_TEXT",
    "tt",
    TEXT,
    "sf_document_text(json_extract(sf_parse_json({0}), '$.' || {1}))",
    nullable=True,
)


def _is(name: str, *kinds: str) -> None:
    listed = ", ".join(text_sql(kind) for kind in kinds)
    simple(name, "v", BOOLEAN, f"(json_type({{0}}) IN ({listed}))")


_is("IS_ARRAY", "ARRAY")
_is("IS_OBJECT", "OBJECT")
_is("IS_BOOLEAN", "BOOLEAN")
_is("IS_VARCHAR", "VARCHAR")
_is("IS_CHAR", "VARCHAR")
_is("IS_INTEGER", "BIGINT", "UBIGINT", "HUGEINT")
_is("IS_DECIMAL", "BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")
_is("IS_DOUBLE", "BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")
_is("IS_REAL", "BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")
for _name in (
    "IS_BINARY",
    "IS_DATE",
    "IS_DATE_VALUE",
    "IS_TIME",
    "IS_TIMESTAMP_NTZ",
    "IS_TIMESTAMP_LTZ",
    "IS_TIMESTAMP_TZ",
):
    simple(_name, "v", BOOLEAN, "(json_type({0}) = 'no such type')")


def _as(name: str, kind: DataType, *kinds: str) -> None:
    """AS_…: the value where it is of that type, else NULL."""

    @function(name, least=1, most=3)
    def bind(binder: Binder, node: Call) -> Bound:
        given = document(binder, node.arguments[0])
        target = kind
        if kind.wire == "FIXED" and len(node.arguments) > 1:
            numbers = [integer(binder, each).value for each in node.arguments[1:]]
            target = DataType("FIXED", int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0)
        listed = ", ".join(text_sql(each) for each in kinds)
        value = cast(given, target, attempt=True)
        return joined(
            f"CASE WHEN json_type({given.sql}) IN ({listed}) THEN {value.sql} END", target, given, nullable=True
        )


_NUMBERS = ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")
_as("AS_ARRAY", ARRAY, "ARRAY")
_as("AS_OBJECT", OBJECT, "OBJECT")
_as("AS_BOOLEAN", BOOLEAN, "BOOLEAN")
_as("AS_VARCHAR", TEXT, "VARCHAR")
_as("AS_CHAR", TEXT, "VARCHAR")
_as("AS_INTEGER", fixed(38, 0), "BIGINT", "UBIGINT", "HUGEINT")
_as("AS_NUMBER", fixed(38, 0), *_NUMBERS)
_as("AS_DECIMAL", fixed(38, 0), *_NUMBERS)
_as("AS_DOUBLE", DataType("REAL"), *_NUMBERS)
_as("AS_REAL", DataType("REAL"), *_NUMBERS)


@function("TO_JSON", least=1, most=1)
def _to_json(binder: Binder, node: Call) -> Bound:
    given = document(binder, node.arguments[0])
    return joined(f"CAST({given.sql} AS VARCHAR)", TEXT, given)


@function("OBJECT_CONSTRUCT", "OBJECT_CONSTRUCT_KEEP_NULL")
def _object_construct(binder: Binder, node: Call) -> Bound:
    plain(node)
    keep = node.function.endswith("KEEP_NULL")
    if len(node.arguments) == 1 and isinstance(node.arguments[0], nodes.Star):
        columns = binder.scope.star(node.arguments[0].table)
        return json_object([(constant(each.name), each.bound()) for each in columns], keep_null=keep)
    if len(node.arguments) % 2:
        raise binder.error(node.at, 1044, "42P13", f"Invalid number of arguments for function '{node.function}'")
    found = [binder.bind(each) for each in node.arguments]
    pairs = list(zip(found[::2], found[1::2], strict=True))
    return json_object(pairs, keep_null=keep)


@function("ARRAY_CONSTRUCT", "ARRAY_CONSTRUCT_COMPACT")
def _array_construct(binder: Binder, node: Call) -> Bound:
    plain(node)
    items = [cast(binder.bind(each), VARIANT) for each in node.arguments]
    if node.function.endswith("COMPACT"):
        listed = ", ".join(each.sql for each in items)
        return joined(f"to_json(list_filter([{listed}], lambda x: x IS NOT NULL))", ARRAY, *items, nullable=False)
    return joined(json_array(items), ARRAY, *items, nullable=False)


@function("GET", least=2, most=2)
def _get(binder: Binder, node: Call) -> Bound:
    given, index = document(binder, node.arguments[0]), binder.bind(node.arguments[1])
    return joined(element(given.sql, index), VARIANT, given, index, nullable=True)


@function("GET_IGNORE_CASE", least=2, most=2)
def _get_ignore_case(binder: Binder, node: Call) -> Bound:
    given, key = document(binder, node.arguments[0]), text(binder, node.arguments[1])
    name = f"list_filter(json_keys({given.sql}), lambda k: lower(k) = lower({key.sql}))[1]"
    return joined(f"json_extract({given.sql}, '$.\"' || {name} || '\"')", VARIANT, given, key, nullable=True)


@function("GET_PATH", least=2, most=2)
def _get_path(binder: Binder, node: Call) -> Bound:
    """A path as after the colon: https://docs.snowflake.com/en/sql-reference/functions/get_path"""
    from snowmaker.sandbox.sql.query_reader import read_expression

    given, path = document(binder, node.arguments[0]), binder.constant_text(node.arguments[1])
    if path is None:
        raise Unbound("GET_PATH of a computed path")
    read = read_expression(f"x{path}" if path.startswith("[") else f"x:{path}")
    if not isinstance(read, nodes.Path):
        raise Unbound("GET_PATH of this path")
    sql = given.sql
    for key in read.keys:
        sql = element(sql, constant(key) if isinstance(key, str) else binder.bind(key))
    return joined(sql, VARIANT, given, nullable=True)


@function("ARRAY_CONTAINS", least=2, most=2)
def _array_contains(binder: Binder, node: Call) -> Bound:
    value, given = binder.bind(node.arguments[0]), document(binder, node.arguments[1])
    wanted = cast(value, VARIANT)
    texts = f"list_transform(sf_items({given.sql}), lambda x: CAST(x AS VARCHAR))"
    return joined(f"list_contains({texts}, CAST({wanted.sql} AS VARCHAR))", BOOLEAN, value, given)


@function("ARRAY_POSITION", least=2, most=2)
def _array_position(binder: Binder, node: Call) -> Bound:
    value, given = cast(binder.bind(node.arguments[0]), VARIANT), document(binder, node.arguments[1])
    texts = f"list_transform(sf_items({given.sql}), lambda x: CAST(x AS VARCHAR))"
    return joined(
        f"CAST(list_position({texts}, CAST({value.sql} AS VARCHAR)) - 1 AS BIGINT)", _COUNT, value, given, nullable=True
    )


@function("ARRAY_APPEND", "ARRAY_PREPEND", least=2, most=2)
def _array_append(binder: Binder, node: Call) -> Bound:
    given, value = document(binder, node.arguments[0]), cast(binder.bind(node.arguments[1]), VARIANT)
    item = f"[coalesce({value.sql}, CAST('null' AS JSON))]"
    both = f"{item}, sf_items({given.sql})" if node.function == "ARRAY_PREPEND" else f"sf_items({given.sql}), {item}"
    return joined(f"to_json(list_concat({both}))", ARRAY, given, value)


@function("ARRAY_INSERT", least=3, most=3)
def _array_insert(binder: Binder, node: Call) -> Bound:
    given, place = document(binder, node.arguments[0]), integer(binder, node.arguments[1])
    value = cast(binder.bind(node.arguments[2]), VARIANT)
    items = f"sf_items({given.sql})"
    sql = f"to_json(list_concat(list_concat({items}[1:{place.sql}], [{value.sql}]), {items}[{place.sql} + 1:]))"
    return joined(sql, ARRAY, given, place, value)


@function("ARRAY_REMOVE", least=2, most=2)
def _array_remove(binder: Binder, node: Call) -> Bound:
    given, value = document(binder, node.arguments[0]), cast(binder.bind(node.arguments[1]), VARIANT)
    kept = f"list_filter(sf_items({given.sql}), lambda x: CAST(x AS VARCHAR) <> CAST({value.sql} AS VARCHAR))"
    return joined(f"to_json({kept})", ARRAY, given, value)


@function("ARRAY_REMOVE_AT", least=2, most=2)
def _array_remove_at(binder: Binder, node: Call) -> Bound:
    given, place = document(binder, node.arguments[0]), integer(binder, node.arguments[1])
    items = f"sf_items({given.sql})"
    return joined(f"to_json(list_concat({items}[1:{place.sql}], {items}[{place.sql} + 2:]))", ARRAY, given, place)


@function("OBJECT_INSERT", least=3, most=4)
def _object_insert(binder: Binder, node: Call) -> Bound:
    given, key = document(binder, node.arguments[0]), text(binder, node.arguments[1])
    value = cast(binder.bind(node.arguments[2]), VARIANT)
    update = len(node.arguments) > 3 and binder.bind(node.arguments[3]).value is True
    merged = f"json_merge_patch({given.sql}, json_object({key.sql}, {value.sql}))"
    if not update:
        clash = f"sf_raise('§100096§22000§Object already contains key ''' || {key.sql} || '''§')"
        merged = f"CASE WHEN list_contains(json_keys({given.sql}), {key.sql}) THEN {clash} ELSE {merged} END"
    return joined(f"CASE WHEN {value.sql} IS NULL THEN {given.sql} ELSE {merged} END", OBJECT, given, key, value)


@function("OBJECT_DELETE", "OBJECT_PICK", least=2)
def _object_part(binder: Binder, node: Call) -> Bound:
    given, *keys = (binder.bind(each) for each in node.arguments)
    listed = "[" + ", ".join(text_of(each).sql for each in keys) + "]"
    if len(keys) == 1 and keys[0].wire == "ARRAY":
        listed = f"list_transform(sf_items({keys[0].sql}), lambda x: sf_document_text(x))"
    word = "NOT " if node.function == "OBJECT_DELETE" else ""
    kept = f"list_filter(list_sort(json_keys({given.sql})), lambda k: {word}list_contains({listed}, k))"
    value = f"CAST(json_extract({given.sql}, '$.\"' || k || '\"') AS VARCHAR)"
    entries = f"list_transform({kept}, lambda k: to_json(k) || ':' || {value})"
    return joined(f"CAST('{{' || array_to_string({entries}, ',') || '}}' AS JSON)", OBJECT, given, *keys)


def _higher(name: str) -> None:
    @function(name, least=2, most=2)
    def bind(binder: Binder, node: Call) -> Bound:
        """FILTER and TRANSFORM of an array with a lambda."""
        given, lambda_ = document(binder, node.arguments[0]), node.arguments[1]
        if not isinstance(lambda_, nodes.Lambda) or len(lambda_.parameters) != 1:
            raise binder.error(node.at, 1044, "42P13", f"Invalid argument types for function '{name}'")
        own, word = binder.work.alias(), lambda_.parameters[0].name
        before = dict(binder.scope.parameters)
        binder.scope.parameters[word] = Bound(own, VARIANT)
        try:
            body = binder.condition(lambda_.body) if name == "FILTER" else cast(binder.bind(lambda_.body), VARIANT)
        finally:
            binder.scope.parameters = before
        word = "list_filter" if name == "FILTER" else "list_transform"
        return joined(f"to_json({word}(sf_items({given.sql}), lambda {own}: {body.sql}))", ARRAY, given)


_higher("FILTER")
_higher("TRANSFORM")
