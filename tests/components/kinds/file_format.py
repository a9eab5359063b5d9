from ..sample import Sample

FLAGS = dict.fromkeys(
    (
        *("multi_line", "trim_space", "skip_blank_lines", "error_on_column_count_mismatch", "empty_field_as_null"),
        *("replace_invalid_characters", "skip_byte_order_mark"),
    ),
    ("true", "false"),
)
OF_OTHER_TYPES = (
    *("enable_octal", "allow_duplicate", "strip_outer_array", "strip_null_values", "ignore_utf8_errors"),
    *("binary_as_text", "use_logical_type", "use_vectorized_scanner", "preserve_space", "strip_outer_element"),
    *("disable_snowflake_data", "disable_auto_convert"),
)
SAMPLE = Sample(
    "{type: csv, skip_header: 1, compression: gzip, null_if: ['NULL', ''], field_delimiter: '|', comment: it's}",
    {
        **FLAGS,
        "compression": ("zstd", "none", "null"),
        "record_delimiter": (r'"\r\n"', r"'\r\n'", "none"),
        "field_delimiter": (r'"\t"', r"'\t'", "0x5e", "'\\136'", "none", "null"),
        "file_extension": ("csv", "null"),
        "skip_header": ("0", "null", "3"),
        "parse_header": ("false",),
        "date_format": ("YYYY-MM-DD", "auto"),
        "time_format": ("HH24:MI",),
        "timestamp_format": ('"YYYY-MM-DD\\"T\\"HH24:MI:SS"',),
        "binary_format": ("base64", "utf-8"),
        "escape": (r"'\'", "none"),
        "escape_unenclosed_field": ("none", "null"),
        "field_optionally_enclosed_by": ("'\"'", '"\'"', "0x27"),
        "null_if": ("[]", "null", r"['\N']", "[a, 'b c', \"it's\"]", "['']"),
        "encoding": ("utf-8", "iso-8859-1", "windows1252"),
        "comment": ("other", "null"),
        "owner": ("SECURITYADMIN",),
    },
    fixed=dict.fromkeys(OF_OTHER_TYPES, "of other types; tried in test_file_format.py"),
    replaces=frozenset({"type"}),
)
