"""Login, tokens and the end of sessions."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import snowflake.connector as connector
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from snowmaker import sandbox
from snowmaker.sandbox.sessions import MASTER_SECONDS, TOKEN_SECONDS


def _password(account: sandbox.Account, password: str, **more: Any) -> Any:
    where = {key: value for key, value in account.connection().items() if key not in ("authenticator", "token")}
    return connector.connect(**where, password=password, enable_server_session_keep_alive_auto_detection=True, **more)


def test_password(account):
    with _password(account, "admin") as opened:
        assert opened.role == "ACCOUNTADMIN"
        assert opened.warehouse == "COMPUTE_WH"


def test_wrong_password_fails_at_once(account):
    begun = time.monotonic()
    with pytest.raises(connector.errors.DatabaseError, match="Incorrect username or password") as caught:
        _password(account, "wrong")
    assert caught.value.errno == 390100
    assert time.monotonic() - begun < 5


def test_token(connect):
    assert connect()("select current_user()") == [("ADMIN",)]


def test_wrong_token(account):
    with pytest.raises(connector.errors.DatabaseError):
        connector.connect(**{**account.connection(), "token": "x"})


def test_a_database_that_is_not_there_is_not_made(account, connect):
    with _password(account, "admin", database="never_made", schema="public") as opened:
        assert opened.cursor().execute("select current_database(), current_schema()").fetchall() == [(None, None)]
    assert not connect()("show databases like 'NEVER_MADE'")


def test_database_and_schema_of_the_login(client, connect):
    client(["create or replace database named", " create schema s"][0])
    client("create schema s")
    other = connect(database="NAMED", schema="s")
    assert other("select current_database(), current_schema()") == [("NAMED", "S")]
    assert (other.connection.database, other.connection.schema) == ("NAMED", "S")


def test_unknown_role_is_refused(account):
    with pytest.raises(connector.errors.DatabaseError) as caught:
        _password(account, "admin", role="nobody")
    assert caught.value.errno == 390189


def test_session_parameters_of_the_login(connect):
    client = connect(session_parameters={"QUERY_TAG": "from login", "TIMEZONE": "UTC"})
    assert client("show parameters like 'QUERY_TAG'")[0][1:4] == ("from login", "", "SESSION")


def test_closing_rolls_back(client, connect):
    client("create table t (a int)")
    other = connect(database=client.connection.database)
    other(f'use schema "{client("select current_database()")[0][0]}".public')
    other("begin")
    other("insert into t values (1)")
    other.close()
    assert client("select count(*) from t") == [(0,)]


def test_an_ended_session_says_so(client, connect):
    other = connect()
    (number,) = other("select current_session()")[0]
    assert client(f"select system$abort_session({number})") == [(f"session [{number}] terminated.",)]
    with pytest.raises(connector.errors.Error) as caught:
        other("select 1")
    assert caught.value.errno == 390111


def test_heartbeat_keeps_it(connect):
    client = connect()
    client.connection._heartbeat_tick()
    assert client("select 1") == [(1,)]


# -- users ---------------------------------------------------------------------------------------------


def _as(account: sandbox.Account, user: str, **more: Any) -> Any:
    where = {key: value for key, value in account.connection().items() if key not in ("authenticator", "token", "user")}
    return connector.connect(**where, user=user, enable_server_session_keep_alive_auto_detection=True, **more)


def _refused(account: sandbox.Account, user: str, **more: Any) -> int:
    with pytest.raises(connector.errors.DatabaseError) as caught:
        _as(account, user, **more)
    return int(caught.value.errno)


def test_a_user_begins_where_its_defaults_say(client, account):
    client("create or replace database login_home")
    client("create schema login_home.s")
    client("create or replace role login_role")
    client("grant usage on database login_home to role login_role")
    client("grant usage on schema login_home.s to role login_role")
    client("grant usage on warehouse compute_wh to role login_role")
    client(
        "create or replace user login_user password = 'secret' login_name = 'jo' default_role = login_role "
        "default_warehouse = compute_wh default_namespace = login_home.s"
    )
    client("grant role login_role to user login_user")
    with _as(account, "jo", password="secret") as opened:
        found = "select current_user(), current_role(), current_warehouse(), current_database(), current_schema()"
        assert opened.cursor().execute(found).fetchall() == [
            ("LOGIN_USER", "LOGIN_ROLE", "COMPUTE_WH", "LOGIN_HOME", "S")
        ]
    assert _refused(account, "login_user", password="secret") == 390100  # it is its LOGIN_NAME that logs in
    assert _refused(account, "jo", password="secret", role="SYSADMIN") == 390189
    client("alter user login_user set must_change_password = true")
    assert _refused(account, "jo", password="secret") == 390106
    client("alter user login_user set must_change_password = false disabled = true")
    assert _refused(account, "jo", password="secret") == 390101
    client("drop user login_user")
    assert _refused(account, "jo", password="secret") == 390100


def test_defaults_that_are_not_there_are_left_unset(client, account):
    client(
        "create or replace user login_lost password = 'x' default_role = gone default_warehouse = gone default_namespace = gone.s"
    )
    with _as(account, "login_lost", password="x") as opened:
        found = "select current_role(), current_warehouse(), current_database()"
        assert opened.cursor().execute(found).fetchall() == [("PUBLIC", None, None)]


def test_named_places_can_be_validated(account):
    where = {key: value for key, value in account.connection().items() if key not in ("authenticator", "token")}
    for wrong in ({"database": "nowhere"}, {"warehouse": "nowhere"}):
        with pytest.raises(connector.errors.DatabaseError) as caught:
            connector.connect(**where, password="admin", validate_default_parameters=True, **wrong)
        assert caught.value.errno == 390201


# -- key pairs -----------------------------------------------------------------------------------------


class Pair:
    """A private key, and the texts that users and tokens have of it."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(65537, 2048)
        der = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public = base64.b64encode(der).decode()
        self.fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()

    @property
    def der(self) -> bytes:
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def token(self, header: dict[str, Any] | None = None, signer: Pair | None = None, **claims: Any) -> str:
        told = {
            "iss": f"SANDBOX.KEY_USER.{self.fingerprint}", "sub": "SANDBOX.KEY_USER",
            "iat": time.time(), "exp": time.time() + 60, **claims,
        }  # fmt: skip
        parts = [header or {"alg": "RS256", "typ": "JWT"}, {k: v for k, v in told.items() if v is not None}]
        signed = ".".join(_part(json.dumps(each).encode()) for each in parts)
        proof = (signer or self).private.sign(signed.encode(), PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_part(proof)}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.fixture(scope="module")
def pair() -> Pair:
    return Pair()


@pytest.fixture
def key_user(connect, pair) -> Iterator[str]:
    client = connect()
    client(f"create or replace user key_user rsa_public_key = '{pair.public}'")
    yield "key_user"
    client("drop user key_user")


def test_key_pair(account, connect, pair, key_user):
    with _as(account, key_user, private_key=pair.der) as opened:
        assert opened.cursor().execute("select current_user()").fetchall() == [("KEY_USER",)]
    connect()(f"alter user key_user set rsa_public_key_2 = '{Pair().public}'")
    with _as(account, key_user, private_key=pair.der):
        pass


def test_a_second_key_for_a_change_of_keys(account, connect, key_user):
    second = Pair()
    connect()(f"alter user key_user set rsa_public_key_2 = '{second.public}'")
    with _as(account, key_user, private_key=second.der):
        pass
    connect()("alter user key_user unset rsa_public_key_2")
    assert _login(account, second.token()) == "390144"


def _login(account: sandbox.Account, token: str, user: str = "KEY_USER", name: str = "SANDBOX") -> str:
    """The code that a key-pair login gives, as the wire has it."""
    from .test_wire import Raw

    answer = Raw(account).login(
        LOGIN_NAME=user, ACCOUNT_NAME=name, AUTHENTICATOR="SNOWFLAKE_JWT", TOKEN=token, PASSWORD=None
    )
    return str(answer["code"])


def test_tokens_that_prove_nothing(account, pair, key_user):
    other = Pair()
    now = time.time()
    assert _login(account, pair.token()) == "None"
    wrong = {
        "signed by another": pair.token(signer=other),
        "another key": other.token(),
        "expired": pair.token(exp=now - 1),
        "no end": pair.token(exp=None),
        "from the future": pair.token(iat=now + 600, exp=now + 900),
        "too old": pair.token(iat=now - 7200, exp=now + 60),
        "another's": pair.token(sub="SANDBOX.ADMIN"),
        "another account": pair.token(sub="OTHER.KEY_USER", iss=f"OTHER.KEY_USER.{pair.fingerprint}"),
        "another issuer": pair.token(iss="SANDBOX.KEY_USER"),
        "unsigned": pair.token(header={"alg": "none"}).rpartition(".")[0] + ".",
        "symmetric": pair.token(header={"alg": "HS256"}),
        "no token": "",
        "nonsense": "a.b.c",
        "no base64": "ä.ö.ü",
        "no object": f"{_part(b'[]')}.{_part(b'7')}.{_part(b'x')}",
    }
    assert {what: _login(account, token) for what, token in wrong.items()} == dict.fromkeys(wrong, "390144")
    assert _login(account, pair.token(), name="OTHER") == "390144"
    assert _login(account, pair.token(), user="NOBODY") == "390144"
    assert _login(account, pair.token(), user="ADMIN") == "390144"


# -- the life of a session -----------------------------------------------------------------------------


class Later:
    """The clock of the account's sessions, put forward."""

    def __init__(self, account: sandbox.Account) -> None:
        assert account._server is not None
        self._sessions = account._server.host.open_sessions
        self._real = self._sessions._clock

    def by(self, seconds: float) -> None:
        self._sessions._clock = lambda: self._real() + seconds

    def end(self) -> None:
        self._sessions._clock = self._real


@pytest.fixture
def later(account) -> Iterator[Later]:
    found = Later(account)
    yield found
    found.end()


def test_an_expired_token_is_renewed_by_the_client(client, later):
    client("set v = 1")
    old = client.connection.rest.token
    later.by(TOKEN_SECONDS + 1)
    assert client("select $v") == [(1,)]
    assert client.connection.rest.token != old


def test_a_session_that_was_idle_for_too_long_is_over(connect, later):
    client = connect()
    later.by(MASTER_SECONDS + 1)
    with pytest.raises(connector.errors.Error) as caught:
        client("select 1")
    assert caught.value.errno == 390114
    later.end()
    with pytest.raises(connector.errors.Error) as caught:
        client("select 1")
    assert caught.value.errno == 390111


def test_heartbeats_keep_it(connect, later):
    client = connect()
    later.by(MASTER_SECONDS - 60)
    client.connection._heartbeat_tick()
    later.by(MASTER_SECONDS + 60)
    assert client("select 1") == [(1,)]


# -- programmatic access tokens ------------------------------------------------------------------------


def test_an_access_token_logs_in(client, account):
    client("create or replace role token_role")
    client("create or replace user token_user password = 'x'")
    client("grant role token_role to user token_user")
    ((name, secret),) = client("alter user token_user add programmatic access token t role_restriction = 'TOKEN_ROLE'")
    assert name == "T"
    for way in ({"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": secret}, {"password": secret}):
        with _as(account, "token_user", **way) as opened:
            ((role, others),) = opened.cursor().execute("select current_role(), current_secondary_roles()").fetchall()
            assert (role, json.loads(others)["roles"]) == ("TOKEN_ROLE", "")
    ((_, fresh, kept),) = client("alter user token_user rotate pat t expire_rotated_token_after_hours = 0")
    assert _refused(account, "token_user", password=secret) == 390100
    with _as(account, "token_user", password=fresh):
        pass
    client("alter user token_user modify pat t set disabled = true comment = 'not now'")
    rows = client("show user programmatic access tokens for user token_user")
    assert [(row[0], row[2], row[4], row[5]) for row in rows] == [
        ("T", "TOKEN_ROLE", "DISABLED", "not now"),
        (kept, "TOKEN_ROLE", "EXPIRED", ""),
    ]
    assert _refused(account, "token_user", password=fresh) == 390100
    client("alter user token_user modify pat t rename to u")
    client("alter user token_user remove pat u")
    assert client.error("alter user token_user remove pat u")[0] == 2003
    assert [row[0] for row in client("show user pats for user token_user")] == [kept]


def test_tokens_that_cannot_be(client):
    client("create or replace user token_service type = service")
    assert client.error("alter user token_service add pat t")[2].endswith("of a service user.")
    assert client.error("alter user token_service add pat t role_restriction = 'SYSADMIN'")[0] == 2003
    assert client.error("alter user token_service add pat t days_to_expiry = 400")[0] == 1008
    assert client.error("alter user nobody add pat t")[0] == 2003
    client("alter user add pat mine")
    assert client.error("alter user add pat mine")[0] == 2002
    client("alter user add pat if not exists mine")
    client("alter user remove pat mine")
