"""What Snowflake's semantics need in DuckDB's own words: macros, made anew whenever the account is opened.

`sf_raise('§code§sqlstate§text§')` is how they raise; engine.py reads it back.
"""

from __future__ import annotations

_TRUE = "('true','t','yes','y','on','1')"
_FALSE = "('false','f','no','n','off','0')"
_NUMBER = r"'^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$'"
_SECONDS_LIMIT = 31536000000  # https://docs.snowflake.com/en/sql-reference/functions/to_date: below it, seconds
_OTHER_DATES = "['%d-%b-%Y', '%m/%d/%Y']"
_OTHER_TIMES = (
    "['%a, %d %b %Y %H:%M:%S %z', '%a, %d %b %Y %H:%M:%S.%f %z', '%d %b %Y %H:%M:%S %z', '%m/%d/%Y %H:%M:%S', "
    "'%m/%d/%Y %H:%M', '%d-%b-%Y %H:%M:%S', '%a %b %d %H:%M:%S %z %Y', '%a, %d %b %Y %I:%M:%S %p %z']"
)

MACROS = {
    # A cast that must fail. DuckDB's own error() is volatile, and so may not stand in OVER (PARTITION BY … ORDER BY …)
    "sf_raise(message)": "CASE WHEN CAST(message AS BOOLEAN) THEN NULL END",
    "sf_bad(code, state, kind, x)": (
        "sf_raise('§' || code || '§' || state || '§' || kind || ' ''' || x || ''' is not recognized§')"
    ),
    # -- numbers -------------------------------------------------------------------------------------
    "sf_not_number(x)": "sf_bad('100038', '22018', 'Numeric value', x)",
    "sf_or_not_number(number, x)": "CASE WHEN x IS NULL THEN NULL ELSE coalesce(number, sf_not_number(x)) END",
    "sf_try_ranged(x, most)": "CASE WHEN abs(x) < most THEN x END",
    "sf_ranged(x, most, kind, given)": (
        "CASE WHEN abs(x) >= most THEN sf_raise('§100046§22003§Number out of representable range: type ' || kind || "
        "'{nullable}, value ' || given || '§') ELSE x END"
    ),
    "sf_try_real(x)": "try_cast(x AS DOUBLE)",
    "sf_real(x)": "CASE WHEN x IS NULL THEN NULL ELSE coalesce(try_cast(x AS DOUBLE), sf_not_number(x)) END",
    "sf_divisor(x)": "CASE WHEN x = 0 THEN sf_raise('§100051§22012§Division by zero§') ELSE x END",
    "sf_half_up(a, b)": "(abs(a) + abs(b) // 2) // abs(b) * (CASE WHEN (a < 0) = (b < 0) THEN 1 ELSE -1 END)",
    "sf_long_quotient(a, b, digits)": (  # digit by digit, where 128 bits do not hold a number with all its digits
        "list_transform([list_reduce(list_prepend({'whole': a // b, 'rest': a % b, 'by': b}, "
        "list_transform(CAST(range(digits) AS HUGEINT[]), lambda i: {'whole': i, 'rest': i, 'by': i})), lambda x, y: "
        "{'whole': x.whole * 10 + x.rest * 10 // x.by, 'rest': x.rest * 10 % x.by, 'by': x.by})], "
        "lambda x: x.whole + CASE WHEN x.rest * 2 >= x.by THEN 1 ELSE 0 END)[1]"
    ),
    "sf_quotient(a, b, power)": (
        "CASE WHEN abs(a) < CAST(170141183460469231731687303715884105727 AS HUGEINT) // power - abs(b) "
        "THEN sf_half_up(a * power, b) ELSE sf_long_quotient(abs(a), abs(b), length(CAST(power AS VARCHAR)) - 1) "
        "* (CASE WHEN (a < 0) = (b < 0) THEN 1 ELSE -1 END) END"
    ),
    # -- truth ---------------------------------------------------------------------------------------
    "sf_try_boolean(x)": (
        f"CASE WHEN lower(x) IN {_TRUE} THEN true WHEN lower(x) IN {_FALSE} THEN false END"
    ),
    "sf_boolean(x)": (
        "CASE WHEN x IS NULL THEN NULL "
        "ELSE coalesce(sf_try_boolean(x), sf_bad('100037', '22018', 'Boolean value', x)) END"
    ),
    # -- texts ---------------------------------------------------------------------------------------
    "sf_fit(x, n)": (
        "CASE WHEN length(x) > n THEN sf_raise('§100078§22000§String ''' || left(x, 200) || ''' is too long and would "
        "be truncated§') ELSE x END"
    ),
    "sf_fit_binary(x, n)": (
        "CASE WHEN octet_length(x) > n THEN sf_raise('§100078§22000§Binary ''' || left(hex(x), 200) || ''' is too long "
        "and would be truncated§') ELSE x END"
    ),
    "sf_real_text(x)": "regexp_replace(CAST(x AS VARCHAR), '\\.0$', '')",
    "sf_initcap(x, delimiters)": (
        "list_reduce(list_prepend({'text': '', 'up': true}, list_transform(string_split(lower(x), ''), "
        "lambda c: {'text': c, 'up': contains(delimiters, c)})), "
        "lambda a, b: {'text': a.text || CASE WHEN a.up THEN upper(b.text) ELSE b.text END, 'up': b.up}).text"
    ),
    "sf_try_hex(x)": "CASE WHEN regexp_full_match(x, '([0-9a-fA-F]{2})*') THEN unhex(x) END",
    "sf_hex(x)": (
        "CASE WHEN x IS NULL THEN NULL ELSE coalesce(sf_try_hex(x), "
        "sf_raise('§100115§22000§The following string is not a legal hex-encoded value: ''' || x || '''§')) END"
    ),
    # -- dates and times -------------------------------------------------------------------------------
    "sf_seconds(x)": (
        f"CASE WHEN abs(x) < {_SECONDS_LIMIT} THEN x * 1000000 WHEN abs(x) < {_SECONDS_LIMIT}000 THEN x * 1000 "
        f"WHEN abs(x) < {_SECONDS_LIMIT}000000 THEN x ELSE x // 1000 END"
    ),
    "sf_epoch(x)": "make_timestamp(CAST(sf_seconds(CAST(x AS HUGEINT)) AS BIGINT))",
    "sf_try_timestamp(x)": (
        "CASE WHEN regexp_full_match(trim(x), '-?\\d+') THEN sf_epoch(try_cast(trim(x) AS HUGEINT)) ELSE "
        "coalesce(try_cast(regexp_replace(trim(x), '\\s*(Z|[+-]\\d{1,2}(:?\\d\\d)?)$', "
        "CASE WHEN regexp_matches(x, ':.*([+-]|Z)') THEN '' ELSE '\\0' END) AS TIMESTAMP), "
        f"try_strptime(trim(x), {_OTHER_DATES}), CAST(try_strptime(trim(x), {_OTHER_TIMES}) AS TIMESTAMP)) END"
    ),
    "sf_timestamp(x)": (
        "CASE WHEN x IS NULL THEN NULL ELSE "
        "coalesce(sf_try_timestamp(x), sf_bad('100035', '22007', 'Timestamp', x)) END"
    ),
    "sf_try_zoned(x)": (
        "CASE WHEN regexp_matches(x, ':.*([+-]\\d|Z)') THEN coalesce(try_cast(regexp_replace(trim(x), "
        "'\\s*([+-])(\\d\\d):?(\\d\\d)$', '\\1\\2:\\3') AS TIMESTAMPTZ), "
        f"try_strptime(trim(x), {_OTHER_TIMES})) "
        "WHEN regexp_full_match(trim(x), '-?\\d+') THEN timezone('UTC', sf_try_timestamp(x)) "
        "ELSE CAST(sf_try_timestamp(x) AS TIMESTAMPTZ) END"
    ),
    "sf_zoned(x)": (
        "CASE WHEN x IS NULL THEN NULL ELSE "
        "coalesce(sf_try_zoned(x), sf_bad('100035', '22007', 'Timestamp', x)) END"
    ),
    "sf_cut(x, unit)": "make_timestamp(epoch_us(x) - (epoch_us(x) % unit + unit) % unit)",
    "sf_cut_zoned(x, unit)": "make_timestamptz(epoch_us(x) - (epoch_us(x) % unit + unit) % unit)",
    "sf_cut_time(x, unit)": "CAST(make_timestamp(epoch_us(x) - epoch_us(x) % unit) AS TIME)",
    "sf_try_date(x)": "CAST(sf_try_timestamp(x) AS DATE)",
    "sf_date(x)": (
        "CASE WHEN x IS NULL THEN NULL ELSE "
        "coalesce(CAST(sf_try_timestamp(x) AS DATE), sf_bad('100040', '22007', 'Date', x)) END"
    ),
    "sf_try_time(x)": (
        "CASE WHEN regexp_full_match(trim(x), '\\d{1,2}:\\d{1,2}(:\\d{1,2}(\\.\\d*)?)?') "
        "THEN try_cast(trim(x) AS TIME) "
        "WHEN regexp_full_match(trim(x), '\\d+') THEN CAST(sf_epoch(try_cast(trim(x) AS HUGEINT)) AS TIME) "
        "ELSE CAST(try_strptime(trim(x), ['%I:%M:%S %p', '%I:%M %p']) AS TIME) END"
    ),
    "sf_time(x)": (
        "CASE WHEN x IS NULL THEN NULL ELSE coalesce(sf_try_time(x), sf_bad('100108', '22007', 'Time', x)) END"
    ),
    # -- semi-structured data --------------------------------------------------------------------------
    "sf_kind(x)": "json_type(x)",
    "sf_real_null(x)": "CASE WHEN json_type(x) = 'NULL' THEN NULL ELSE x END",
    "sf_document_text(x)": (
        "CASE json_type(x) WHEN 'NULL' THEN NULL WHEN 'VARCHAR' THEN json_extract_string(x, '$') "
        "WHEN 'DOUBLE' THEN sf_real_text(CAST(x AS DOUBLE)) ELSE CAST(x AS VARCHAR) END"
    ),
    "sf_bad_variant(x, what)": (
        "sf_raise('§100071§22000§Failed to cast variant value ' || CAST(x AS VARCHAR) || ' to ' || what || '§')"
    ),
    "sf_parse_json(x)": (
        "CASE WHEN x IS NULL OR trim(x) = '' THEN NULL WHEN json_valid(x) THEN json(x) "
        "WHEN lower(trim(x)) IN ('null', 'true', 'false') THEN CAST(lower(trim(x)) AS JSON) "
        "ELSE sf_raise('§100069§22P02§Error parsing JSON: ' || left(x, 200) || '§') END"
    ),
    "sf_try_parse_json(x)": "CASE WHEN trim(x) = '' THEN NULL WHEN json_valid(x) THEN json(x) END",
    "sf_typeof(x)": (
        "CASE json_type(x) WHEN 'NULL' THEN 'NULL_VALUE' WHEN 'VARCHAR' THEN 'VARCHAR' WHEN 'BIGINT' THEN 'INTEGER' "
        "WHEN 'UBIGINT' THEN 'INTEGER' WHEN 'HUGEINT' THEN 'INTEGER' WHEN 'DOUBLE' THEN 'DECIMAL' ELSE json_type(x) END"
    ),
    "sf_items(x)": "from_json(x, '[\"json\"]')",
    "sf_soundex_code(c)": (
        "CASE WHEN c IN ('B','F','P','V') THEN '1' WHEN c IN ('C','G','J','K','Q','S','X','Z') THEN '2' "
        "WHEN c IN ('D','T') THEN '3' WHEN c = 'L' THEN '4' WHEN c IN ('M','N') THEN '5' WHEN c = 'R' THEN '6' "
        "ELSE '0' END"
    ),
}  # fmt: skip


def _of_scale(scale: int) -> dict[str, str]:
    """A number with `scale` digits behind its point as a whole one, and back."""
    wide, power, last = f"DECIMAL(38,{scale})", f"CAST(1{'0' * scale} AS HUGEINT)", f"0.{'0' * (scale - 1)}1"
    return {
        f"sf_unscaled_{scale}(x)": (f"CAST(replace(CAST(CAST(x AS {wide}) AS VARCHAR), '.', '') AS HUGEINT)"),
        f"sf_scaled_{scale}(x)": (
            f"CAST(x // {power} AS {wide}) + "
            f"CAST(CAST(x % {power} AS DECIMAL(38,0)) * CAST('{last}' AS DECIMAL({scale},{scale})) AS {wide})"
        ),
    }


def creation_sql() -> str:
    """Statements that make all macros; each may use those before it."""
    macros = dict(MACROS)
    for scale in range(1, 38):
        macros.update(_of_scale(scale))
    return "".join(f"create or replace macro {name} as {body};\n" for name, body in macros.items())
