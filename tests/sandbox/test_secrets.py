"""Secrets: of every type; what they hold is nowhere to be read again."""

from __future__ import annotations

import pytest

from snowmaker.sandbox.secrecy import MASK, redacted


def test_types(client):
    client("create secret g type = generic_string secret_string = 'hush' comment = 'c'")
    client("create secret p type = password username = 'u' password = 'hush'")
    client("create secret k type = symmetric_key algorithm = generic")
    client("create security integration si type = api_authentication auth_type = oauth2 enabled = true "
           "oauth_client_id = 'a' oauth_client_secret = 'hush'")  # fmt: skip
    client("create secret o type = oauth2 api_authentication = si oauth_scopes = ('a', 'b')")
    client("create secret t type = oauth2 api_authentication = si oauth_refresh_token = 'hush' "
           "oauth_refresh_token_expiry_time = '2030-01-02 03:04:05'")  # fmt: skip
    shown = {row[1]: row for row in client("show secrets")}
    names = client.names()
    assert names == ["created_on", "name", "schema_name", "database_name", "owner", "comment", "secret_type",
                     "oauth_scopes", "owner_role_type"]  # fmt: skip
    assert {name: row[6] for name, row in shown.items()} == {
        "G": "GENERIC_STRING", "P": "PASSWORD", "K": "SYMMETRIC_KEY", "O": "OAUTH2", "T": "OAUTH2",
    }  # fmt: skip
    assert (shown["O"][7], shown["T"][7]) == ("[a, b]", None)
    row = dict(zip([*(client("describe secret t") and client.names())], client("describe secret t")[0], strict=True))
    assert row["integration_name"] == "SI"
    assert row["oauth_refresh_token_expiry_time"].year == 2030
    row = dict(zip([*(client("describe secret p") and client.names())], client("describe secret p")[0], strict=True))
    assert row["username"] == "u"
    for name in "GPKOT":
        assert "hush" not in str(client(f"describe secret {name}"))
    client("drop secret o")
    client("drop secret t")
    client("drop integration si")


def test_what_is_wrong(client):
    assert client.error("create secret s type = generic_string")[:2] == (2029, "42601")
    assert client.error("create secret s secret_string = 'x'")[:2] == (2029, "42601")
    assert client.error("create secret s type = generic_string secret_string = 'x' username = 'u'")[:2] == (
        1420,
        "42601",
    )
    assert client.error("create secret s type = nosuch secret_string = 'x'")[0] == 1003
    assert client.error("create secret s type = oauth2 api_authentication = nosuch")[:2] == (2003, "02000")
    assert client.error("create secret s type = generic_string secret_string = 'x')")[0] == 1003
    client("create secret s type = generic_string secret_string = 'x'")
    assert client.error("create secret s type = generic_string secret_string = 'x'")[:2] == (2002, "42710")
    client("create secret if not exists s type = generic_string secret_string = 'x'")
    assert client.error("alter secret s set type = password")[:2] == (1420, "42601")
    assert client.error("alter secret s set username = 'u'")[:2] == (1420, "42601")


def test_alter(client):
    client("create or replace secret s type = password username = 'u' password = 'x' comment = 'c'")
    client("alter secret s set username = 'v' password = 'y'")
    client("alter secret if exists s set comment = 'd'")
    assert client("show secrets")[0][5] == "d"
    client("alter secret s unset comment")
    assert client("show secrets")[0][5] is None
    client("alter secret if exists nosuch set comment = 'd'")
    client("create tag cost")
    client("alter secret s set tag cost = 'a'")
    client("drop secret s")
    assert client("show secrets") == []


def test_history_has_no_secret(client):
    client("create secret s type = generic_string secret_string = 'hush-hush'")
    client.error("create secret s type = generic_string secret_string = 'hush-hush'")
    client.error("select nowhere from nothing where encrypt('hush-hush', 'hush-hush') is null")
    found = client("select query_text from table(information_schema.query_history_by_session())")
    assert "hush-hush" not in str(found)


def test_who_sent_what_cannot_be_read_sees_it_whole(client):
    """https://docs.snowflake.com/en/release-notes/bcr-bundles/2023_01/bcr-936"""
    broken = ["create secret s secret_string = 'hush-2' )", "create secret s secret_string = 'hush-3"]
    for text in broken:
        assert client.error(text)[0] in (1003, 1001)
    found = client("select query_text from table(information_schema.query_history_by_session(result_limit => 5))")
    assert (broken[1],) in found


def test_a_statement_in_a_block_has_a_row_of_its_own(client):
    block = "begin create secret inner_s type = generic_string secret_string = 'hush-4'; end"
    client(block)
    found = client("select query_text from table(information_schema.query_history_by_session(result_limit => 5))")
    assert (block,) in found
    assert any(text.startswith("create secret inner_s") and MASK in text for (text,) in found)
    client("drop secret inner_s")


def test_what_others_could_not_write_is_not_shown(client, connect):
    client("create user stammerer password = 'Stammer-1' default_role = public must_change_password = false")
    other = connect(user="STAMMERER", password="Stammer-1", role="PUBLIC", warehouse="COMPUTE_WH")
    other.error("selekt 'theirs'")
    own = other("select query_text from table(snowflake.information_schema.query_history_by_session())")
    assert ("selekt 'theirs'",) in own
    client.error("selekt 'mine'")
    texts = [row[0] for row in client("select query_text from table(information_schema.query_history())")]
    assert "selekt 'mine'" in texts
    assert "selekt 'theirs'" not in texts
    assert "<redacted>" in texts
    client("drop user stammerer")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("create user u password = 'a''b'", f"create user u password = '{MASK}'"),
        ("alter user u set password='x' comment = 'password = y'", f"alter user u set password='{MASK}' comment = 'password = y'"),
        ("create secret s secret_string = $$x$$", f"create secret s secret_string = '{MASK}'"),
        ("execute immediate 'create secret s secret_string = ''x'''", None),
        ("begin create user u password = 'x'; end", None),
        ("set password = 'x'", None),
        ("update t set password = 'x' where api_key = 'y'", None),
        ("create table user as select 1 as a where password = 'x'", None),
        ("select encrypt('x', 'y', 'z'), f('x')", f"select encrypt('{MASK}', '{MASK}', 'z'), f('x')"),
        ("select decrypt_raw(f('x'), 'y')", f"select decrypt_raw(f('x'), '{MASK}')"),
        ("copy into @s from (select a from t where password = 'x')", None),
        ("copy into t from 's3://b' credentials = (aws_key_id = 'k' aws_secret_key = 'x')", f"copy into t from 's3://b' credentials = (aws_key_id = 'k' aws_secret_key = '{MASK}')"),
        ("alter account a set admin_password = 'x'", f"alter account a set admin_password = '{MASK}'"),
        ("alter user u set rsa_public_key = 'x'", None),
        ("create stage s credentials = (aws_secret_key = 'x')", f"create stage s credentials = (aws_secret_key = '{MASK}')"),
        ("select 'password'", "select 'password'"),
        ("create user u password = 'never ends", None),
        ("create user u password = ?", "create user u password = ?"),
    ],
)  # fmt: skip
def test_redaction(text, wanted):
    assert redacted(text) == (wanted or text)


def test_privileges(client, connect):
    client("create secret s type = generic_string secret_string = 'x'")
    database = client("select current_database()")[0][0]
    client("create role secretive")
    client("grant role secretive to user admin")
    client(f'grant usage on database "{database}" to role secretive')
    client(f'grant usage on schema "{database}".public to role secretive')
    other = connect(role="SECRETIVE", database=f'"{database}"', schema="PUBLIC")
    other("use secondary roles none")
    assert other("show secrets") == []
    assert other.error("describe secret s")[0] == 2003
    client("grant read on secret s to role secretive")
    assert [row[1] for row in other("show secrets")] == ["S"]
    assert other.error("drop secret s")[0] == 3001
    client("drop role secretive")
