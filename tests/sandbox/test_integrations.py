"""The five families of integrations: made, shown, described, altered, dropped; their secrets never shown."""

from __future__ import annotations

import pytest

S3 = (
    "create storage integration {n} type = external_stage storage_provider = 's3' enabled = true "
    "storage_aws_role_arn = 'arn:aws:iam::1:role/r' storage_allowed_locations = ('s3://a/', 's3://b/')"
)
FORMS = {
    "S3": (S3, "EXTERNAL_STAGE", "STORAGE", "STORAGE_AWS_ROLE_ARN"),
    "GCS": (
        "create storage integration {n} type = external_stage storage_provider = gcs enabled = true "
        "storage_allowed_locations = ('*') storage_blocked_locations = ('gcs://b/')",
        "EXTERNAL_STAGE", "STORAGE", "STORAGE_BLOCKED_LOCATIONS",
    ),
    "AZURE": (
        "create storage integration {n} type = external_stage storage_provider = azure enabled = false "
        "azure_tenant_id = 't' storage_allowed_locations = ('azure://a.blob.core.windows.net/c/') comment = 'x'",
        "EXTERNAL_STAGE", "STORAGE", "AZURE_TENANT_ID",
    ),
    "PUBSUB_IN": (
        "create notification integration {n} type = queue notification_provider = gcp_pubsub enabled = true "
        "gcp_pubsub_subscription_name = 'projects/p/subscriptions/s'",
        "QUEUE - GCP_PUBSUB", "NOTIFICATION", "GCP_PUBSUB_SUBSCRIPTION_NAME",
    ),
    "PUBSUB_OUT": (
        "create notification integration {n} enabled = true direction = outbound type = queue "
        "notification_provider = gcp_pubsub gcp_pubsub_topic_name = 't'",
        "QUEUE - GCP_PUBSUB", "NOTIFICATION", "GCP_PUBSUB_TOPIC_NAME",
    ),
    "SNS": (
        "create notification integration {n} enabled = true type = queue notification_provider = aws_sns "
        "direction = outbound aws_sns_topic_arn = 'a' aws_sns_role_arn = 'b'",
        "QUEUE - AWS_SNS", "NOTIFICATION", "AWS_SNS_TOPIC_ARN",
    ),
    "EMAIL": (
        "create notification integration {n} type = email enabled = true allowed_recipients = ('a@b.c', 'd@e.f')",
        "EMAIL", "NOTIFICATION", "ALLOWED_RECIPIENTS",
    ),
    "WEBHOOK": (
        "create notification integration {n} type = webhook enabled = true webhook_url = 'https://h' "
        "webhook_headers = ('Content-Type' = 'application/json')",
        "WEBHOOK", "NOTIFICATION", "WEBHOOK_HEADERS",
    ),
    "AWS": (
        "create api integration {n} api_provider = aws_api_gateway api_aws_role_arn = 'a' "
        "api_allowed_prefixes = ('https://x') enabled = true",
        "EXTERNAL_API", "API", "API_AWS_ROLE_ARN",
    ),
    "GIT": (
        "create api integration {n} api_provider = git_https_api api_allowed_prefixes = ('https://x') "
        "allowed_authentication_secrets = all enabled = true",
        "EXTERNAL_API", "API", "ALLOWED_AUTHENTICATION_SECRETS",
    ),
    "TABLEAU": (
        "create security integration {n} type = oauth oauth_client = tableau_desktop enabled = true",
        "OAUTH - TABLEAU_DESKTOP", "SECURITY", "OAUTH_REFRESH_TOKEN_VALIDITY",
    ),
    "CUSTOM": (
        "create security integration {n} type = oauth oauth_client = custom oauth_client_type = 'CONFIDENTIAL' "
        "oauth_redirect_uri = 'https://x' blocked_roles_list = ('SYSADMIN') enabled = true",
        "OAUTH - CUSTOM", "SECURITY", "BLOCKED_ROLES_LIST",
    ),
    "OKTA": (
        "create security integration {n} type = external_oauth enabled = true external_oauth_type = okta "
        "external_oauth_issuer = 'i' external_oauth_token_user_mapping_claim = 'sub' "
        "external_oauth_snowflake_user_mapping_attribute = 'login_name' external_oauth_jws_keys_url = 'https://k'",
        "EXTERNAL_OAUTH - OKTA", "SECURITY", "EXTERNAL_OAUTH_ISSUER",
    ),
    "SAML": (
        "create security integration {n} type = saml2 enabled = true saml2_issuer = 'i' saml2_sso_url = 'https://s' "
        "saml2_provider = 'CUSTOM' saml2_x509_cert = 'c'",
        "SAML2", "SECURITY", "SAML2_SSO_URL",
    ),
    "SCIM": (
        "create security integration {n} type = scim scim_client = 'generic' run_as_role = 'PUBLIC'",
        "SCIM - GENERIC", "SECURITY", "RUN_AS_ROLE",
    ),
    "TOKEN": (
        "create security integration {n} type = api_authentication auth_type = oauth2 enabled = true "
        "oauth_client_id = 'c' oauth_grant = client_credentials oauth_token_endpoint = 'https://t'",
        "API_AUTHENTICATION", "SECURITY", "OAUTH_TOKEN_ENDPOINT",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form(client, form):
    create, kind, category, described = FORMS[form]
    name = f"INT_{form}"
    client(create.format(n=name))
    assert client.error(create.format(n=name) + ")")[0] == 1003
    assert client.error(create.format(n=name))[:2] == (2002, "42710")
    assert client.error(create.format(n=f"{name}_2") + " no_such_property = 1")[:2] == (1420, "42601")
    shown = {row[0]: row for row in client(f"show {category} integrations")}
    assert shown[name][1:3] == (kind, category)
    assert name in {row[0] for row in client("show integrations")}
    properties = {row[0]: row[2] for row in client(f"describe {category} integration {name}")}
    assert properties[described] != ""
    client(f"alter {category} integration if exists {name} set comment = 'c'")
    assert {row[0]: row[2] for row in client(f"desc integration {name}")}["COMMENT"] == "c"
    client(f"comment on {category} integration {name} is 'd'")
    assert {row[0]: row[4] for row in client("show integrations")}[name] == "d"
    client(f"drop {category} integration {name}")
    assert client.error(f"describe integration {name}")[:2] == (2003, "02000")


def test_one_namespace(client):
    client(S3.format(n="one"))
    assert client.error(FORMS["AWS"][0].format(n="one"))[:2] == (2002, "42710")
    assert client.error("alter api integration one set enabled = false")[0] == 2003
    assert client.error("drop notification integration one")[0] == 2003
    client("drop api integration if exists one")
    client("drop integration one")


def test_what_is_missing_or_wrong(client):
    assert client.error("create storage integration x type = external_stage storage_provider = s3")[:2] == (
        2029,
        "42601",
    )
    assert client.error("create storage integration x enabled = true")[:2] == (2029, "42601")
    assert client.error(S3.format(n="x").replace("'s3'", "'s4'"))[0] == 1003
    assert client.error("create notification integration x type = queue enabled = true direction = outbound "
                        "notification_provider = azure_storage_queue")[:2] == (1008, "22023")  # fmt: skip
    assert client.error("create flying integration x enabled = true")[:2] == (1003, "42000")


def test_set_and_unset(client):
    client(S3.format(n="seti"))
    client("alter storage integration seti set storage_aws_object_acl = 'acl' enabled = false")
    client("alter integration seti set storage_allowed_locations = ('s3://c/')")
    found = {row[0]: row[1:] for row in client("describe integration seti")}
    assert found["STORAGE_AWS_OBJECT_ACL"] == ("String", "acl", "")
    assert found["ENABLED"] == ("Boolean", "false", "true")
    assert found["STORAGE_ALLOWED_LOCATIONS"] == ("List", "s3://c/", "[]")
    client("alter storage integration seti unset storage_aws_object_acl, enabled")
    found = {row[0]: row[1:] for row in client("describe integration seti")}
    assert "STORAGE_AWS_OBJECT_ACL" not in found
    assert client.error("alter storage integration seti set storage_provider = gcs")[:2] == (1420, "42601")
    assert client.error("alter storage integration seti unset storage_allowed_locations")[:2] == (1420, "42601")
    assert client.error("alter storage integration seti set azure_tenant_id = 'x'")[:2] == (1420, "42601")
    client("alter storage integration if exists nosuch set enabled = true")
    assert client.error("alter storage integration nosuch set enabled = true")[:2] == (2003, "02000")
    client("create tag cost")
    client("alter storage integration seti set tag cost = 'a'")
    client("alter storage integration seti unset tag cost")
    client("drop integration seti")


def test_keys_are_not_shown(client, account):
    client(FORMS["AWS"][0].format(n="keyed") + " api_key = 'hush-hush'")
    assert {row[0]: row[2] for row in client("desc integration keyed")}["API_KEY"] == "☺☺☺"
    client("create or replace security integration keyed2 type = api_authentication auth_type = oauth2 enabled = true "
           "oauth_client_id = 'c' oauth_client_secret = 'hush-hush'")  # fmt: skip
    assert "hush-hush" not in str(client("desc integration keyed2"))
    client("drop integration keyed")
    client("drop integration keyed2")
    texts = [row[0] for row in client("select query_text from table(information_schema.query_history_by_session())")]
    assert any("api_key = '☺☺☺'" in text for text in texts)
    assert not any("hush-hush" in text for text in texts)


def test_external_access(client):
    assert (
        client.error("create external access integration ea allowed_network_rules = (nosuch) enabled = true")[0] == 2003
    )
    client("create network rule nr type = host_port mode = egress value_list = ('example.com')")
    client("create secret sec type = generic_string secret_string = 'x'")
    client("create external access integration ea allowed_network_rules = (nr) "
           "allowed_authentication_secrets = (sec) allowed_api_authentication_integrations = (si) enabled = true")  # fmt: skip
    found = {row[0]: row[2] for row in client("describe external access integration ea")}
    assert found["ALLOWED_API_AUTHENTICATION_INTEGRATIONS"] == "[SI]"
    assert found["ALLOWED_NETWORK_RULES"].endswith(".PUBLIC.NR")
    client("alter external access integration ea set allowed_authentication_secrets = all")
    assert {row[0] for row in client("show external access integrations")} == {"EA"}
    client("drop integration ea")


def test_privileges(client, connect):
    client("create role integrator")
    client("grant role integrator to user admin")
    other = connect(role="INTEGRATOR")
    other("use secondary roles none")
    assert other.error(S3.format(n="priv"))[:2] == (3001, "42501")
    client("grant create integration on account to role integrator")
    other(S3.format(n="priv"))
    assert [row[0] for row in other("show integrations")] == ["PRIV"]
    other("grant usage on integration priv to role public")
    assert "USAGE" in {row[1] for row in other("show grants on integration priv")}
    other("drop integration priv")
    client("drop role integrator")
