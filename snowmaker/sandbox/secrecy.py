"""What nobody may read again: passwords, keys and tokens, taken out of statements before they are recorded.

Snowflake redacts them in its query history where a statement can be read, and lists nowhere which they are; what cannot
be read stays whole for who sent it, and is hidden from others (query_history.py):
https://docs.snowflake.com/en/release-notes/bcr-bundles/2023_01/bcr-936. Here they are the secret properties of the
statements whose pages say that the value is never shown, and the arguments of ENCRYPT and its like:
https://github.com/snowflakedb/snowflake-connector-python/issues/651. Nothing else is, as a script or a block that holds
such a statement: that statement has a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import Scanner, Token

MASK = "☺☺☺"
REDACTED = "<redacted>"

# https://docs.snowflake.com/en/sql-reference/sql/create-user, create-secret, create-stage, create-security-integration,
# create-api-integration, create-account, create-external-volume
_SECRETS = frozenset((
    "API_KEY", "AWS_SECRET_KEY", "AWS_TOKEN", "AZURE_SAS_TOKEN", "BEARER_TOKEN", "MASTER_KEY", "OAUTH_CLIENT_SECRET",
    "OAUTH_REFRESH_TOKEN", "PASSWORD", "ADMIN_PASSWORD", "PRIVATE_KEY", "SAML2_SNOWFLAKE_PRIVATE_KEY",
    "SECRET_STRING", "OLD_PASSWORD",
))  # fmt: skip
_KINDS = frozenset(("USER", "SECRET", "STAGE", "INTEGRATION", "ACCOUNT", "VOLUME"))
_BEFORE_KIND = frozenset((
    "OR", "REPLACE", "TEMP", "TEMPORARY", "SECURITY", "API", "CATALOG", "NOTIFICATION", "STORAGE", "EXTERNAL", "ACCESS",
    "MANAGED",
))  # fmt: skip
# https://docs.snowflake.com/en/sql-reference/functions/encrypt: the value and the passphrase, not what comes behind
_ENCRYPTING = frozenset(("ENCRYPT", "ENCRYPT_RAW", "DECRYPT", "DECRYPT_RAW", "TRY_DECRYPT", "TRY_DECRYPT_RAW"))
_KEPT_ARGUMENTS = 2


def redacted(text: str) -> str:
    """A statement with the secrets in it masked; as it is, where it cannot be read."""
    upper = text.upper()
    if not any(name in upper for name in (*_SECRETS, "CRYPT")):
        return text
    try:
        literals = list(_secret_literals(list(_tokens(text))))
    except SqlError:
        return text
    parts: list[str] = []
    position = 0
    for token in literals:
        parts += [text[position : token.start], f"'{MASK}'"]
        position = token.end
    return "".join([*parts, text[position:]])


def _tokens(text: str) -> Iterator[Token]:
    scanner = Scanner(text)
    while (token := scanner.take()).kind != "end":
        yield token


def _secret_literals(tokens: list[Token]) -> Iterator[Token]:
    """The literals behind `NAME =` of a statement that has secrets, and those handed to ENCRYPT and its like."""
    statement = _statement(tokens)
    brackets: list[tuple[str, int]] = []  # of which call or property each is, and the argument that we are at
    for index, token in enumerate(tokens):
        before = [each.value for each in tokens[max(index - 2, 0) : index]]
        within, argument = brackets[-1] if brackets else ("", 0)
        if token.text == "(":
            brackets.append(((before[0] if before[-1] == "=" else before[-1]) if before else "", 1))
        elif token.text == ")" and brackets:
            brackets.pop()
        elif token.text == "," and brackets:
            brackets[-1] = (within, argument + 1)
        elif token.kind in ("string", "dollars"):
            named = len(before) == 2 and before[0] in _SECRETS and before[1] == "="
            holds = statement == "DDL" or (statement == "COPY" and within in ("CREDENTIALS", "ENCRYPTION"))
            if (named and holds) or (within in _ENCRYPTING and argument <= _KEPT_ARGUMENTS):
                yield token


def _statement(tokens: list[Token]) -> str:
    """COPY, DDL for what makes or alters an object that has secrets, else nothing."""
    words = [token.value for token in tokens[:8]]
    if words[:1] == ["COPY"]:
        return "COPY"
    kind = next((word for word in words[1:] if word not in _BEFORE_KIND), "")
    return "DDL" if words[:1] in (["CREATE"], ["ALTER"]) and kind in _KINDS else ""
