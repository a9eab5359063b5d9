"""Rules on secrets: where they stand in clear, and where Snowflake would keep them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from snowmaker.rules.base import Code, Found, Part, Subject, project_rule, statement_rule
from snowmaker.sql import Token

# properties whose value is secret, in CREATE and ALTER of users, secrets, stages, integrations and volumes
PROPERTIES = frozenset(
    [
        *("PASSWORD", "ADMIN_PASSWORD", "OLD_PASSWORD", "SECRET_STRING", "API_KEY", "PRIVATE_KEY"),
        *("SAML2_SNOWFLAKE_PRIVATE_KEY", "OAUTH_CLIENT_SECRET", "OAUTH_REFRESH_TOKEN", "BEARER_TOKEN"),
        *("AWS_SECRET_KEY", "AWS_TOKEN", "AZURE_SAS_TOKEN", "MASTER_KEY"),
    ]
)
_KEPT_BACK_IN = {"USER", "SECRET", "STAGE", "INTEGRATION", "ACCOUNT", "VOLUME"}
_BEFORE_KIND = {
    *("OR", "REPLACE", "TEMP", "TEMPORARY", "EXTERNAL", "MANAGED"),
    *("SECURITY", "API", "CATALOG", "NOTIFICATION", "STORAGE", "ACCESS"),  # integrations
}
_CREDENTIALS = {"CREDENTIALS", "ENCRYPTION"}
# https://docs.snowflake.com/en/sql-reference/functions/encrypt and its like
_ENCRYPTING = {"ENCRYPT", "ENCRYPT_RAW", "DECRYPT", "DECRYPT_RAW", "TRY_DECRYPT", "TRY_DECRYPT_RAW"}
_KEPT_ARGUMENTS = 2  # the value and the passphrase; what comes behind is no secret

_LIKELY = ("PASSWORD", "SECRET", "TOKEN", "_KEY")  # each name of a property or variable has one of these
_NAMES = "|".join(sorted(PROPERTIES, key=len, reverse=True))
_ASSIGNED = re.compile(rf"\b(?P<name>{_NAMES})\s*=\s*(?P<quote>'|\$\$)(?P<value>.)", re.IGNORECASE | re.DOTALL)
# in a string that is itself a statement
_ASSIGNED_WITHIN = re.compile(rf"\b(?P<name>{_NAMES})\s*=\s*(?P<quote>''|\\')(?P<value>[^'\s,;)])[^']*'", re.IGNORECASE)
_VARIABLE = re.compile(
    r"\bSET\s+(?P<name>\w*(?:PASSWORD|SECRET|TOKEN|PRIVATE_KEY)\w*)\s*=\s*(?P<quote>')(?P<value>.)",
    re.IGNORECASE | re.DOTALL,
)
# what gives itself away wherever it stands
_TOKENS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a key of AWS": re.compile(r"A(?:KIA|SIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,}"),
    "a token of Slack": re.compile(r"xox[abprs]-[\w-]{20,}"),
    "a SAS token of Azure": re.compile(r"[?&]sig=[\w%/+=-]{20,}"),
}


@project_rule("warning")
def secret_in_clear(subject: Subject) -> Iterator[Found]:
    """A password, key or token stands in a script in clear.

    **Why?** Whoever reads the repository, the plan, the history table or a log has it, for ever: a file's past does not
    go away. Told are the secret properties of users, secrets, stages and integrations, session variables that are
    named like one, private keys, and the tokens of some providers, also where they come from a variable.

    **Example**

    ```sql
    -- migrations/V2__loader.sql
    CREATE USER LOADER PASSWORD = 'Powder-4-all';
    ```

    **Use instead** `secret('NAME')`: the value takes its place when the statement is sent, and is nowhere else.

    ```sql
    -- migrations/V2__loader.sql
    CREATE USER LOADER PASSWORD = {{ secret('LOADER_PASSWORD') }};
    ```
    """
    for part in subject.parts:
        seen: set[int] = set()
        for what, offset in _in_clear(part):
            line = part.line_at(offset)
            if line not in seen:
                seen.add(line)
                yield part.found(f"{what} stands here in clear", line, "write {{ secret('NAME') }}, and change it now")


def _in_clear(part: Part) -> Iterator[tuple[str, int]]:
    text = part.script.text
    placeholders = {offset for _, offset in part.secrets}
    upper = text.upper()
    likely = any(name in upper for name in _LIKELY)  # quicker than the patterns, which nearly no script needs
    for pattern in (_ASSIGNED, _ASSIGNED_WITHIN, _VARIABLE) if likely else ():
        for match in pattern.finditer(text):
            empty = match["value"] == match["quote"][0]
            if not empty and match.start("value") not in placeholders:
                yield f"the value of {match['name'].upper()}", match.start("name")
    for what, pattern in _TOKENS.items():
        for match in pattern.finditer(text):
            yield what, match.start()


@statement_rule("warning")
def unredacted_secret(code: Code) -> Iterator[Found]:
    """A secret stands where Snowflake's query history keeps it in clear.

    **Why?** snowmaker puts the value in when it sends the statement, and Snowflake records what it was sent. Passwords
    and their like are
    [redacted there](https://docs.snowflake.com/en/release-notes/bcr-bundles/2023_01/bcr-936), which Snowflake lists
    nowhere: this rule trusts the secret properties of CREATE and ALTER of users, secrets, stages, integrations and
    volumes, CREDENTIALS and ENCRYPTION of COPY INTO, and the value and passphrase of
    [ENCRYPT and its like](https://github.com/snowflakedb/snowflake-connector-python/issues/651). Anywhere else everyone
    with MONITOR on the warehouse, or access to ACCOUNT_USAGE, can read it for a year.

    **Example**

    ```sql
    -- migrations/V2__api.sql
    INSERT INTO RESORT.LIFTS.SETTING (NAME, VALUE) VALUES ('api_key', {{ secret('API_KEY') }});
    ```

    **Use instead** a SECRET, which functions and procedures read.

    ```sql
    -- migrations/V2__api.sql
    CREATE SECRET RESORT.LIFTS.API TYPE = GENERIC_STRING SECRET_STRING = {{ secret('API_KEY') }};
    ```
    """
    for name, offset in code.secrets:
        before = [token for token in code.tokens if token.start + len(token.text) <= offset]
        if not (_is_property(code, before) or _is_encrypted(before)):
            hint = "put it into a SECRET (CREATE SECRET … SECRET_STRING = …), and let the code read that"
            yield code.found(f"secret {name!r} would stand in Snowflake's query history", offset, hint)


def _is_property(code: Code, before: Sequence[Token]) -> bool:
    """Whether a value belongs to a secret property of a statement that Snowflake redacts."""
    if len(before) < 3 or before[-1].text != "=" or before[-2].upper not in PROPERTIES:
        return False
    first, *words = [token.upper for token in code.tokens[:8]]
    if first == "COPY":
        opening, _ = _bracket(before)
        return opening > 1 and before[opening - 1].text == "=" and before[opening - 2].upper in _CREDENTIALS
    kind = next((word for word in words if word not in _BEFORE_KIND), "")
    return first in ("CREATE", "ALTER") and kind in _KEPT_BACK_IN


def _is_encrypted(before: Sequence[Token]) -> bool:
    """Whether a value is the first or second argument of ENCRYPT or DECRYPT."""
    opening, commas = _bracket(before)
    return opening > 0 and before[opening - 1].upper in _ENCRYPTING and commas < _KEPT_ARGUMENTS


def _bracket(before: Sequence[Token]) -> tuple[int, int]:
    """Where the innermost bracket that is open stands, 0 where none is, and how many commas are in it."""
    depth = commas = 0
    for index in range(len(before) - 1, 0, -1):
        text = before[index].text
        depth += (text == ")") - (text == "(")
        commas += text == "," and depth == 0
        if depth < 0:
            return index, commas
    return 0, 0
