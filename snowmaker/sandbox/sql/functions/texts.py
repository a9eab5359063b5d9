"""Text functions: https://docs.snowflake.com/en/sql-reference/functions-string"""

from __future__ import annotations

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import BOOLEAN, MAX_TEXT, TEXT, DataType
from snowmaker.sandbox.sql.binder import Binder, concatenated
from snowmaker.sandbox.sql.bound import Bound, Unbound, joined
from snowmaker.sandbox.sql.coercion import ARRAY, BINARY, fixed
from snowmaker.sandbox.sql.functions.registry import function, integer, plain, simple, text
from snowmaker.sandbox.sql.nodes import Call

_COUNT = fixed(18, 0)


def _short(length: int) -> DataType:
    return DataType("TEXT", length=length)


simple("UPPER", "t", None, "upper({0})")
simple("LOWER", "t", None, "lower({0})")
simple("REVERSE", "t", None, "reverse({0})")
simple("TRIM BTRIM", "tt", None, "trim({0}, {1})", optional=1, defaults=("' '",))
simple("LTRIM", "tt", None, "ltrim({0}, {1})", optional=1, defaults=("' '",))
simple("RTRIM", "tt", None, "rtrim({0}, {1})", optional=1, defaults=("' '",))
simple("ASCII", "t", _COUNT, "CASE WHEN {0} = '' THEN 0 ELSE ascii({0}) END")
simple("UNICODE", "t", _COUNT, "CASE WHEN {0} = '' THEN 0 ELSE unicode({0}) END")
simple("CHR CHAR", "i", _short(1), "chr(CAST({0} AS INTEGER))")
simple("REPEAT", "ti", TEXT, "repeat({0}, greatest({1}, 0))")
simple("SPACE", "i", TEXT, "repeat(' ', {0})")
simple("CONTAINS", "tt", BOOLEAN, "contains({0}, {1})")
simple("STARTSWITH", "tt", BOOLEAN, "starts_with({0}, {1})")
simple("ENDSWITH", "tt", BOOLEAN, "ends_with({0}, {1})")
simple("REPLACE", "ttt", TEXT, "replace({0}, {1}, {2})", optional=1, defaults=("''",))
simple("TRANSLATE", "ttt", None, "translate({0}, {1}, {2})")
simple(
    "INITCAP",
    "tt",
    None,
    "sf_initcap({0}, {1})",
    optional=1,
    defaults=("' !?@\"^#$&~_,.:;+-*%/|\\[](){}<>' || chr(9) || chr(10) || chr(13) || chr(12) || chr(11)",),
)
simple("SPLIT_PART", "tti", TEXT,
       "CASE WHEN {1} = '' THEN CASE WHEN {2} IN (1, 0, -1) THEN {0} ELSE '' END ELSE coalesce(split_part({0}, {1}, "
       "CASE WHEN {2} = 0 THEN 1 ELSE {2} END), '') END")  # fmt: skip
simple("SPLIT", "tt", ARRAY, "to_json(CASE WHEN {1} = '' THEN [{0}] ELSE string_split({0}, {1}) END)")
simple("STRTOK_TO_ARRAY", "tt", ARRAY,
       "to_json(list_filter(regexp_split_to_array({0}, '[' || regexp_escape({1}) || ']'), lambda s: s <> ''))",
       optional=1, defaults=("' '",))  # fmt: skip
simple("STRTOK", "tti", TEXT,
       "list_filter(regexp_split_to_array({0}, '[' || regexp_escape({1}) || ']'), lambda s: s <> '')[{2}]",
       optional=2, defaults=("' '", "1"), nullable=True)  # fmt: skip
simple("EDITDISTANCE", "tti", _COUNT, "least(levenshtein({0}, {1}), {2})", optional=1, defaults=("2147483647",))
simple(
    "JAROWINKLER_SIMILARITY",
    "tt",
    _COUNT,
    "CAST(floor(jaro_winkler_similarity(lower({0}), lower({1})) * 100) AS BIGINT)",
)
simple("MD5 MD5_HEX", "t", _short(32), "md5({0})")
simple("SHA1 SHA1_HEX", "t", _short(40), "sha1({0})")
simple("MD5_BINARY", "t", BINARY, "unhex(md5({0}))")
simple("SHA1_BINARY", "t", BINARY, "unhex(sha1({0}))")
simple("MD5_NUMBER_LOWER64", "t", fixed(20, 0), "CAST(md5_number_lower({0}) AS HUGEINT)")
simple("MD5_NUMBER_UPPER64", "t", fixed(20, 0), "CAST(md5_number_upper({0}) AS HUGEINT)")
simple("BASE64_DECODE_STRING", "t", TEXT, "decode(from_base64({0}))")
simple("BASE64_DECODE_BINARY", "t", BINARY, "from_base64({0})")
simple("TRY_BASE64_DECODE_STRING", "t", TEXT, "TRY(decode(from_base64({0})))", nullable=True)
simple("TRY_BASE64_DECODE_BINARY", "t", BINARY, "TRY(from_base64({0}))", nullable=True)
simple("HEX_DECODE_STRING", "t", TEXT, "decode(sf_hex({0}))")
simple("HEX_DECODE_BINARY", "t", BINARY, "sf_hex({0})")
simple("TRY_HEX_DECODE_STRING", "t", TEXT, "TRY(decode(sf_try_hex({0})))", nullable=True)
simple("TRY_HEX_DECODE_BINARY", "t", BINARY, "sf_try_hex({0})", nullable=True)
simple("LIKE", "ttt", BOOLEAN, "({0} LIKE {1} ESCAPE {2})", optional=1, defaults=("''",))
simple("ILIKE", "ttt", BOOLEAN, "({0} ILIKE {1} ESCAPE {2})", optional=1, defaults=("''",))
simple("BIT_LENGTH", "x", _COUNT, "octet_length(CAST({0} AS BLOB)) * 8")


@function("LENGTH", "LEN", least=1, most=1)
def _length(binder: Binder, node: Call) -> Bound:
    plain(node)
    found = binder.bind(node.arguments[0])
    if found.wire == "BINARY":
        return joined(f"octet_length({found.sql})", _COUNT, found)
    given = text(binder, node.arguments[0])
    return joined(f"length({given.sql})", _COUNT, given)


@function("OCTET_LENGTH", least=1, most=1)
def _octets(binder: Binder, node: Call) -> Bound:
    found = binder.bind(node.arguments[0])
    sql = found.sql if found.wire == "BINARY" else f"encode({text(binder, node.arguments[0]).sql})"
    return joined(f"octet_length({sql})", _COUNT, found)


@function("CONCAT", least=1)
def _concat(binder: Binder, node: Call) -> Bound:
    plain(node)
    return concatenated(*(binder.bind(each) for each in node.arguments))


@function("CONCAT_WS", least=2)
def _concat_ws(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/concat_ws: NULL where any argument is NULL"""
    separator, *parts = (text(binder, each) for each in node.arguments)
    pieces: list[Bound] = []
    for each in parts:
        pieces += [separator, each] if pieces else [each]
    return joined("(" + " || ".join(each.sql for each in pieces) + ")", TEXT, separator, *parts)


@function("SUBSTR", "SUBSTRING", least=2, most=3)
def _substr(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/substr: 0 is the first place too"""
    plain(node)
    given = binder.bind(node.arguments[0])
    if given.wire != "BINARY":
        given = text(binder, node.arguments[0])
    start = integer(binder, node.arguments[1])
    parts = [given, start]
    begin = f"CASE WHEN {start.sql} = 0 THEN 1 ELSE {start.sql} END"
    if isinstance(start.value, int):
        begin = str(start.value or 1)
    if given.wire == "BINARY":
        begin = f"CASE WHEN {start.sql} < 0 THEN octet_length({given.sql}) + {start.sql} + 1 ELSE {begin} END"
        size = f", 2 * greatest({integer(binder, node.arguments[2]).sql}, 0)" if len(node.arguments) > 2 else ""
        return joined(f"unhex(substring(hex({given.sql}), 2 * ({begin}) - 1{size}))", given.type, *parts)
    if len(node.arguments) < 3:
        sql = f"substring({given.sql}, {begin})"
    else:
        length = integer(binder, node.arguments[2])
        parts.append(length)
        sql = f"substring({given.sql}, {begin}, greatest({length.sql}, 0))"
    if not (isinstance(start.value, int) and start.value >= 0):
        sql = f"CASE WHEN {start.sql} < 0 AND -{start.sql} > length({given.sql}) THEN '' ELSE {sql} END"
    return joined(sql, given.type, *parts)


def _side(name: str) -> None:
    @function(name, least=2, most=2)
    def bind(binder: Binder, node: Call) -> Bound:
        plain(node)
        given, size = text(binder, node.arguments[0]), integer(binder, node.arguments[1])
        kind = given.type
        if isinstance(size.value, int) and size.value > 0:
            kind = DataType("TEXT", length=min(size.value, given.type.length or MAX_TEXT))
        return joined(f"{name.lower()}({given.sql}, greatest({size.sql}, 0))", kind, given, size)


_side("LEFT")
_side("RIGHT")


def _pad(name: str) -> None:
    @function(name, least=2, most=3)
    def bind(binder: Binder, node: Call) -> Bound:
        plain(node)
        given, size = text(binder, node.arguments[0]), integer(binder, node.arguments[1])
        padding = text(binder, node.arguments[2]).sql if len(node.arguments) > 2 else "' '"
        short = f"left({given.sql}, greatest({size.sql}, 0))"
        padded = f"{name.lower()}({given.sql}, CAST(greatest({size.sql}, 0) AS INTEGER), {padding})"
        return joined(f"CASE WHEN {padding} = '' THEN {short} ELSE {padded} END", TEXT, given, size)


_pad("LPAD")
_pad("RPAD")


@function("CHARINDEX", "POSITION", least=2, most=3)
def _charindex(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/charindex"""
    needle, hay = text(binder, node.arguments[0]), text(binder, node.arguments[1])
    if len(node.arguments) < 3:
        return joined(f"instr({hay.sql}, {needle.sql})", _COUNT, needle, hay)
    start = integer(binder, node.arguments[2])
    rest = f"instr(substring({hay.sql}, {start.sql}), {needle.sql})"
    return joined(f"CASE WHEN {rest} = 0 THEN 0 ELSE {rest} + {start.sql} - 1 END", _COUNT, needle, hay, start)


@function("INSERT", least=4, most=4)
def _insert(binder: Binder, node: Call) -> Bound:
    base, new = text(binder, node.arguments[0]), text(binder, node.arguments[3])
    start, size = integer(binder, node.arguments[1]), integer(binder, node.arguments[2])
    sql = f"(left({base.sql}, {start.sql} - 1) || {new.sql} || substring({base.sql}, {start.sql} + {size.sql}))"
    return joined(sql, TEXT, base, start, size, new)


def _encoded(name: str, sql: str) -> None:
    @function(name, least=1, most=3)
    def bind(binder: Binder, node: Call) -> Bound:
        """A text's or a binary value's bytes, written in letters."""
        if len(node.arguments) > 1:
            raise sqlerror.unsupported(f"{name} with options")
        given = binder.bind(node.arguments[0])
        data = given.sql if given.wire == "BINARY" else f"encode({text(binder, node.arguments[0]).sql})"
        return joined(sql.format(data), TEXT, given)


_encoded("BASE64_ENCODE", "base64({0})")
_encoded("HEX_ENCODE", "upper(hex({0}))")


def _sha2(name: str, binary: bool) -> None:
    @function(*name.split(), least=1, most=2)
    def bind(binder: Binder, node: Call) -> Bound:
        given = text(binder, node.arguments[0])
        size = integer(binder, node.arguments[1]).value if len(node.arguments) > 1 else 256
        if size != 256:
            raise Unbound(f"{node.function} of {size} bits")
        sql = f"sha256({given.sql})"
        return joined(f"unhex({sql})" if binary else sql, BINARY if binary else _short(64), given)


_sha2("SHA2 SHA2_HEX", False)
_sha2("SHA2_BINARY", True)


@function("UUID_STRING", most=2)
def _uuid(binder: Binder, node: Call) -> Bound:
    if node.arguments:
        raise Unbound("UUID_STRING of a name")
    return Bound("CAST(gen_random_uuid() AS VARCHAR)", _short(36), False)


@function("RANDSTR", least=2, most=2)
def _randstr(binder: Binder, node: Call) -> Bound:
    size, seed = integer(binder, node.arguments[0]), binder.bind(node.arguments[1])
    letters = "'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'"
    drawn = f"substring({letters}, 1 + CAST(hash({seed.sql}, i) % 62 AS INTEGER), 1)"
    return joined(f"array_to_string(list_transform(range({size.sql}), lambda i: {drawn}), '')", TEXT, size, seed)


@function("COLLATE", least=2, most=2)
def _collate(binder: Binder, node: Call) -> Bound:
    given = text(binder, node.arguments[0])
    if binder.constant_text(node.arguments[1]) not in ("", "utf8", "bin"):
        raise Unbound("a collation")
    return given
