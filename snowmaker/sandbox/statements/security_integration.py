"""SECURITY INTEGRATION: https://docs.snowflake.com/en/sql-reference/sql/create-security-integration"""

from __future__ import annotations

from snowmaker.sandbox.integrations import (
    ENABLED,
    Family,
    Form,
    Property,
    flag,
    listing,
    names,
    register_family,
    text,
    word,
)
from snowmaker.sandbox.properties import name, number, one_of, strings

_TYPE = one_of("API_AUTHENTICATION", "EXTERNAL_OAUTH", "OAUTH", "SAML2", "SCIM")
_GRANTS = ("CLIENT_CREDENTIALS", "AUTHORIZATION_CODE", "JWT_BEARER")
_CLIENT = one_of("TABLEAU_DESKTOP", "TABLEAU_SERVER", "LOOKER", "CUSTOM")
_SCIM = one_of("OKTA", "AZURE", "GENERIC")
_EXTERNAL = one_of("OKTA", "AZURE", "PING_FEDERATE", "CUSTOM")
_OPTIONAL = flag("ENABLED", "true")
_ENDED = Property("OAUTH_REFRESH_TOKEN_VALIDITY", number(), "Long", "7776000")
_SECONDARY = word("OAUTH_USE_SECONDARY_ROLES", one_of("IMPLICIT", "NONE"), default="NONE")
_BLOCKED = listing("BLOCKED_ROLES_LIST", names(1))
_ALLOWED = listing("ALLOWED_ROLES_LIST", names(1))
_NETWORK = word("NETWORK_POLICY", name)
_EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"

# https://docs.snowflake.com/en/sql-reference/sql/create-security-integration-api-auth
_API_AUTHENTICATION = Form(
    {"TYPE": ("API_AUTHENTICATION",)},
    (
        ENABLED,
        word("AUTH_TYPE", one_of("OAUTH2", "AWS_IAM"), required=True, fixed=True),
        word("OAUTH_GRANT", one_of(*_GRANTS)),
        text("OAUTH_CLIENT_ID"),
        Property("OAUTH_CLIENT_SECRET", secret=True, hidden=True),
        word(
            "OAUTH_CLIENT_AUTH_METHOD",
            one_of("CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST"),
            default="CLIENT_SECRET_BASIC",
        ),
        text("OAUTH_TOKEN_ENDPOINT"),
        text("OAUTH_AUTHORIZATION_ENDPOINT"),
        text("OAUTH_ASSERTION_ISSUER"),
        Property("OAUTH_ACCESS_TOKEN_VALIDITY", number(), "Long"),
        Property("OAUTH_REFRESH_TOKEN_VALIDITY", number(), "Long", "7776000"),
        listing("OAUTH_ALLOWED_SCOPES"),
        text("AWS_ROLE_ARN"),
        text("PARENT_INTEGRATION"),
    ),
    "API_AUTHENTICATION",
)
# https://docs.snowflake.com/en/sql-reference/sql/create-security-integration-oauth-external
_EXTERNAL_OAUTH = Form(
    {"TYPE": ("EXTERNAL_OAUTH",)},
    (
        ENABLED,
        word("EXTERNAL_OAUTH_TYPE", _EXTERNAL, required=True, hidden=True),
        text("EXTERNAL_OAUTH_ISSUER", required=True),
        Property("EXTERNAL_OAUTH_JWS_KEYS_URL", lambda parser: list(parser.strings()), "Object"),
        word("EXTERNAL_OAUTH_ANY_ROLE_MODE", one_of("DISABLE", "ENABLE", "ENABLE_FOR_PRIVILEGE"), default="DISABLE"),
        text("EXTERNAL_OAUTH_RSA_PUBLIC_KEY"),
        text("EXTERNAL_OAUTH_RSA_PUBLIC_KEY_2"),
        listing("EXTERNAL_OAUTH_BLOCKED_ROLES_LIST", names(1)),
        listing("EXTERNAL_OAUTH_ALLOWED_ROLES_LIST", names(1)),
        listing("EXTERNAL_OAUTH_AUDIENCE_LIST", lambda parser: list(parser.strings())),
        Property(
            "EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM",
            lambda parser: list(parser.strings()),
            "Object",
            required=True,
        ),
        word(
            "EXTERNAL_OAUTH_SNOWFLAKE_USER_MAPPING_ATTRIBUTE",
            one_of("LOGIN_NAME", "EMAIL_ADDRESS"),
            required=True,
        ),
        text("EXTERNAL_OAUTH_SCOPE_DELIMITER", default=","),
        text("EXTERNAL_OAUTH_SCOPE_MAPPING_ATTRIBUTE", default="scp"),
        _NETWORK,
    ),
)
# https://docs.snowflake.com/en/sql-reference/sql/create-security-integration-oauth-snowflake
_PARTNER = Form(
    {"TYPE": ("OAUTH",), "OAUTH_CLIENT": ("TABLEAU_DESKTOP", "TABLEAU_SERVER", "LOOKER")},
    (
        _OPTIONAL,
        text("OAUTH_REDIRECT_URI"),
        flag("OAUTH_ISSUE_REFRESH_TOKENS", "true"),
        _ENDED,
        _SECONDARY,
        _BLOCKED,
        _ALLOWED,
        _NETWORK,
    ),
)
_CUSTOM = Form(
    {"TYPE": ("OAUTH",), "OAUTH_CLIENT": ("CUSTOM",)},
    (
        _OPTIONAL,
        word("OAUTH_CLIENT_TYPE", one_of("PUBLIC", "CONFIDENTIAL"), default="CONFIDENTIAL", required=True, fixed=True),
        text("OAUTH_REDIRECT_URI", required=True),
        flag("OAUTH_ALLOW_NON_TLS_REDIRECT_URI"),
        flag("OAUTH_ENFORCE_PKCE"),
        flag("OAUTH_SINGLE_USE_REFRESH_TOKENS_REQUIRED", hidden=True),
        _SECONDARY,
        listing("PRE_AUTHORIZED_ROLES_LIST", names(1)),
        _ALLOWED,
        _BLOCKED,
        flag("OAUTH_ISSUE_REFRESH_TOKENS", "true"),
        _ENDED,
        _NETWORK,
        text("OAUTH_CLIENT_RSA_PUBLIC_KEY", hidden=True),
        text("OAUTH_CLIENT_RSA_PUBLIC_KEY_2", hidden=True),
        text("OAUTH_AUTHORIZATION_ENDPOINT", told="https://sandbox.snowflakecomputing.com/oauth/authorize"),
        text("OAUTH_TOKEN_ENDPOINT", told="https://sandbox.snowflakecomputing.com/oauth/token-request"),
    ),
)
# https://docs.snowflake.com/en/sql-reference/sql/create-security-integration-saml2
_SAML2 = Form(
    {"TYPE": ("SAML2",)},
    (
        text("SAML2_X509_CERT", required=True),
        word("SAML2_PROVIDER", one_of("OKTA", "ADFS", "CUSTOM"), required=True),
        flag("SAML2_ENABLE_SP_INITIATED"),
        text("SAML2_SP_INITIATED_LOGIN_PAGE_LABEL"),
        text("SAML2_SSO_URL", required=True),
        text("SAML2_ISSUER", required=True),
        text("SAML2_SNOWFLAKE_X509_CERT", hidden=True),
        text("SAML2_REQUESTED_NAMEID_FORMAT", default=_EMAIL_ADDRESS),
        flag("SAML2_FORCE_AUTHN"),
        text("SAML2_POST_LOGOUT_REDIRECT_URL"),
        flag("SAML2_SIGN_REQUEST"),
        text("SAML2_SNOWFLAKE_ACS_URL"),
        text("SAML2_SNOWFLAKE_ISSUER_URL"),
        listing("ALLOWED_USER_DOMAINS", strings),
        listing("ALLOWED_EMAIL_PATTERNS", strings),
        Property("ENABLED", flag("ENABLED").read, "Boolean", "true", hidden=True),
    ),
    "SAML2",
)
# https://docs.snowflake.com/en/sql-reference/sql/create-security-integration-scim
_SCIM_FORM = Form(
    {"TYPE": ("SCIM",)},
    (
        _OPTIONAL,
        word("SCIM_CLIENT", _SCIM, required=True, fixed=True, hidden=True),
        _NETWORK,
        word("RUN_AS_ROLE", name, required=True, fixed=True),
        flag("SYNC_PASSWORD"),
    ),
)

_CHOOSERS = {
    "TYPE": _TYPE, "OAUTH_CLIENT": _CLIENT, "SCIM_CLIENT": _SCIM, "EXTERNAL_OAUTH_TYPE": _EXTERNAL,
}  # fmt: skip

register_family(
    Family(
        "SECURITY",
        "SECURITY",
        _CHOOSERS,
        (_API_AUTHENTICATION, _EXTERNAL_OAUTH, _PARTNER, _CUSTOM, _SAML2, _SCIM_FORM),
        shows=("OAUTH_CLIENT", "SCIM_CLIENT", "EXTERNAL_OAUTH_TYPE"),
    )
)
