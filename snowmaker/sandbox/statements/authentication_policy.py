"""AUTHENTICATION POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-authentication-policy"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.integrations import names
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.policylists import Setting, policy_kind
from snowmaker.sandbox.properties import group, number, one_of, strings


def _each_of(name: str, *words: str) -> Reader:
    """`('word', …)`, each of them one of some."""

    def read(parser: Parser) -> list[str]:
        found = [each.upper() for each in strings(parser)]
        for each in found:
            if each not in words:
                raise sqlerror.invalid_value(each, name)
        return found

    return read


# The least that there is since bundle 2025_06; OPTIONAL, the least of before, is still read and means this
# https://docs.snowflake.com/en/release-notes/bcr-bundles/2025_06/bcr-2097
_LEAST = "REQUIRED_SNOWFLAKE_UI_PASSWORD_ONLY"
_MFA = {
    "ALLOWED_METHODS": _each_of("ALLOWED_METHODS", "ALL", "PASSKEY", "TOTP", "OTP", "DUO"),
    "ENFORCE_MFA_ON_EXTERNAL_AUTHENTICATION": one_of("ALL", "NONE"),
}
_MFA_DEFAULTS = {"ALLOWED_METHODS": ["ALL"], "ENFORCE_MFA_ON_EXTERNAL_AUTHENTICATION": "NONE"}
_TOKENS = {
    "DEFAULT_EXPIRY_IN_DAYS": number(1, 365, "DEFAULT_EXPIRY_IN_DAYS"),
    "MAX_EXPIRY_IN_DAYS": number(1, 365, "MAX_EXPIRY_IN_DAYS"),
    "NETWORK_POLICY_EVALUATION": one_of("ENFORCED_REQUIRED", "ENFORCED_NOT_REQUIRED", "NOT_ENFORCED"),
    "REQUIRE_ROLE_RESTRICTION_FOR_SERVICE_USERS": Parser.boolean,
}
_TOKEN_DEFAULTS = {
    "DEFAULT_EXPIRY_IN_DAYS": 15,
    "MAX_EXPIRY_IN_DAYS": 365,
    "NETWORK_POLICY_EVALUATION": "ENFORCED_REQUIRED",
    "REQUIRE_ROLE_RESTRICTION_FOR_SERVICE_USERS": True,
}
_WORKLOADS = {
    "ALLOWED_PROVIDERS": _each_of("ALLOWED_PROVIDERS", "ALL", "AWS", "AZURE", "GCP", "OIDC"),
    "ALLOWED_AWS_ACCOUNTS": strings,
    "ALLOWED_AWS_PARTITIONS": strings,
    "ALLOWED_AZURE_ISSUERS": strings,
    "ALLOWED_OIDC_ISSUERS": strings,
}
_DRIVERS = (
    "JDBC_DRIVER", "ODBC_DRIVER", "PYTHON_DRIVER", "JAVASCRIPT_DRIVER", "C_DRIVER", "GO_DRIVER", "PHP_DRIVER",
    "DOTNET_DRIVER", "SQL_API", "SNOWPIPE_STREAMING_CLIENT_SDK", "PY_CORE", "SPROC_PYTHON", "PYTHON_SNOWPARK",
    "SQL_ALCHEMY", "SNOWPARK", "SNOWFLAKE_CLIENT",
)  # fmt: skip
_CLIENTS = dict.fromkeys(_DRIVERS, group({"MINIMUM_VERSION": Parser.string}, "CLIENT_POLICY"))


def _clients(parser: Parser) -> dict[str, Any]:
    """`(client = (MINIMUM_VERSION = …), …)`, in the order that the page has the clients in."""
    found = group(_CLIENTS, "CLIENT_POLICY")(parser)
    return {key: found[key] for key in _DRIVERS if key in found}


_SETTINGS = (
    Setting(
        "AUTHENTICATION_METHODS",
        _each_of(
            "AUTHENTICATION_METHODS", "ALL", "SAML", "PASSWORD", "OAUTH", "KEYPAIR", "PROGRAMMATIC_ACCESS_TOKEN",
            "WORKLOAD_IDENTITY",
        ),
        ["ALL"],
        "A list of authentication methods that are allowed during login.",
    ),
    Setting(
        "MFA_AUTHENTICATION_METHODS",
        _each_of("MFA_AUTHENTICATION_METHODS", "ALL", "SAML", "PASSWORD"),
        ["PASSWORD"],
        "A list of authentication methods that enforce multi-factor authentication.",
    ),
    Setting(
        "CLIENT_TYPES",
        _each_of("CLIENT_TYPES", "ALL", "SNOWFLAKE_UI", "DRIVERS", "SNOWSQL", "SNOWFLAKE_CLI"),
        ["ALL"],
        "A list of clients that can authenticate.",
    ),
    Setting("CLIENT_POLICY", _clients, {}, "The lowest version of each client."),
    Setting(
        "SECURITY_INTEGRATIONS", names(1), ["ALL"], "A list of security integrations that may be used to log in.",
    ),
    Setting(
        "MFA_ENROLLMENT",
        one_of("REQUIRED", "REQUIRED_PASSWORD_ONLY", _LEAST, synonyms={"OPTIONAL": _LEAST}),
        _LEAST,
        "Whether users must enroll in multi-factor authentication.",
    ),
    Setting("MFA_POLICY", group(_MFA, "MFA_POLICY"), _MFA_DEFAULTS, "How multi-factor authentication is enforced."),
    Setting("PAT_POLICY", group(_TOKENS, "PAT_POLICY"), _TOKEN_DEFAULTS, "The rules of programmatic access tokens."),
    Setting(
        "WORKLOAD_IDENTITY_POLICY", group(_WORKLOADS, "WORKLOAD_IDENTITY_POLICY"),
        {key: ["ALL"] for key in _WORKLOADS}, "The rules of workload identity federation.",
    ),
)  # fmt: skip

AUTHENTICATION_POLICY = policy_kind("AUTHENTICATION POLICY", _SETTINGS, alter=True)
