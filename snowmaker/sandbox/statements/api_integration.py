"""API INTEGRATION: https://docs.snowflake.com/en/sql-reference/sql/create-api-integration"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox.integrations import (
    ENABLED,
    Family,
    Form,
    Property,
    flag,
    listing,
    names,
    register_family,
    secret,
    text,
    word,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.properties import group, number, one_of, strings
from snowmaker.sandbox.secrecy import MASK

_AWS = ("AWS_API_GATEWAY", "AWS_PRIVATE_API_GATEWAY", "AWS_GOV_API_GATEWAY", "AWS_GOV_PRIVATE_API_GATEWAY")
_PROVIDER = one_of(*_AWS, "AZURE_API_MANAGEMENT", "GOOGLE_API_GATEWAY", "GIT_HTTPS_API", "EXTERNAL_MCP")
_USER_AUTHENTICATION = {
    "TYPE": one_of("OAUTH2", "OAUTH_DYNAMIC_CLIENT", "SNOWFLAKE_GITHUB_APP"),
    "OAUTH_AUTHORIZATION_ENDPOINT": Parser.string,
    "OAUTH_TOKEN_ENDPOINT": Parser.string,
    "OAUTH_CLIENT_ID": Parser.string,
    "OAUTH_CLIENT_SECRET": Parser.string,
    "OAUTH_ACCESS_TOKEN_VALIDITY": number(),
    "OAUTH_REFRESH_TOKEN_VALIDITY": number(),
    "OAUTH_ALLOWED_SCOPES": strings,
    "OAUTH_USERNAME": Parser.string,
    "OAUTH_CLIENT_AUTH_METHOD": one_of("CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST"),
    "OAUTH_DISCOVERY_URL": Parser.string,
    "OAUTH_RESOURCE_URL": Parser.string,
}


def _user_authentication(parser: Parser) -> dict[str, Any]:
    found: dict[str, Any] = group(_USER_AUTHENTICATION, "API_USER_AUTHENTICATION")(parser)
    if "OAUTH_CLIENT_SECRET" in found:
        found["OAUTH_CLIENT_SECRET"] = MASK
    return found


def _form(providers: tuple[str, ...], *properties: Property, key: bool = True, blocked: bool = True) -> Form:
    return Form(
        {"API_PROVIDER": providers},
        (
            ENABLED,
            *((secret("API_KEY"),) if key else ()),
            word("API_PROVIDER", _PROVIDER, fixed=True),
            *properties,
            listing("API_ALLOWED_PREFIXES", required=True),
            listing("API_BLOCKED_PREFIXES"),
        ),
    )


register_family(
    Family(
        "API",
        "API",
        {"API_PROVIDER": _PROVIDER},
        (
            _form(
                _AWS,
                text("API_AWS_IAM_USER_ARN", told="arn:aws:iam::000000000000:user/sandbox{id}"),
                text("API_AWS_ROLE_ARN", required=True),
                text("API_AWS_EXTERNAL_ID", told="SANDBOX_SFCRole_{id}"),
            ),
            _form(
                ("AZURE_API_MANAGEMENT",),
                text("AZURE_TENANT_ID", required=True),
                text("AZURE_AD_APPLICATION_ID", required=True),
                text("AZURE_MULTI_TENANT_APP_NAME", told="sandbox{id}"),
                text("AZURE_CONSENT_URL", told="https://login.microsoftonline.com/sandbox/{id}"),
            ),
            _form(
                ("GOOGLE_API_GATEWAY",),
                text("GOOGLE_AUDIENCE", required=True),
                text("API_GCP_SERVICE_ACCOUNT", told="sandbox{id}@gcp.iam.gserviceaccount.com"),
            ),
            _form(
                ("GIT_HTTPS_API",),
                listing("ALLOWED_AUTHENTICATION_SECRETS", names(3, "ALL", "NONE")),
                Property("API_USER_AUTHENTICATION", _user_authentication, "Map", "{}", fixed=True),
                flag("USE_PRIVATELINK_ENDPOINT"),
                listing("TLS_TRUSTED_CERTIFICATES", names(3)),
                key=False,
            ),
            _form(
                ("EXTERNAL_MCP",),
                Property("API_USER_AUTHENTICATION", _user_authentication, "Map", "{}", required=True),
                key=False,
            ),
        ),
        type="EXTERNAL_API",
    )
)
