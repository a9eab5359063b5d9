"""Users: https://docs.snowflake.com/en/sql-reference/sql/create-user"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import snowflake.connector as connector
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .conftest import Client
from .guests import Guest, column, guests


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


@pytest.fixture
def user(client) -> Iterator[str]:
    client("CREATE OR REPLACE USER TESTED PASSWORD = 'Tested-1234'")
    yield "TESTED"
    client("USE ROLE ACCOUNTADMIN")
    client("DROP USER IF EXISTS TESTED")


@pytest.fixture
def login(account) -> Iterator[Callable[..., Client]]:
    """Log in by password."""
    opened: list[Client] = []

    def enter(name: str = "TESTED", password: str = "Tested-1234", **more: Any) -> Client:
        where = {key: value for key, value in account.connection().items() if key not in ("authenticator", "token")}
        where |= {"user": name, "password": password, "enable_server_session_keep_alive_auto_detection": True, **more}
        opened.append(Client(connector.connect(**where)))
        return opened[-1]

    yield enter
    for client in opened:
        client.close()


def refused(enter: Callable[..., Client], **more: Any) -> int:
    with pytest.raises(connector.errors.DatabaseError) as caught:
        enter(**more)
    return int(caught.value.errno)


def described(client, name: str = "TESTED") -> dict[str, str]:
    return {row[0]: row[1] for row in client(f"DESCRIBE USER {name}")}


# -- CREATE, SHOW, DESCRIBE ----------------------------------------------------------------------------


def test_create_with_nothing(client):
    assert client("CREATE OR REPLACE USER BARE") == [("User BARE successfully created.",)]
    assert client("CREATE USER IF NOT EXISTS BARE") == [("BARE already exists, statement succeeded.",)]
    assert client.error("CREATE USER BARE")[:2] == (2002, "42710")
    rows = client("SHOW USERS LIKE 'BARE'")
    shown = dict(zip(client.names(), rows[0], strict=True))
    del shown["created_on"]
    assert shown == {
        "name": "BARE", "login_name": "BARE", "display_name": "BARE", "first_name": "", "last_name": "", "email": "",
        "mins_to_unlock": None, "days_to_expiry": None, "comment": "", "disabled": "false",
        "must_change_password": "false", "snowflake_lock": "false", "default_warehouse": "", "default_namespace": "",
        "default_role": "", "default_secondary_roles": '["ALL"]', "ext_authn_duo": "false", "ext_authn_uid": "",
        "mins_to_bypass_mfa": None, "owner": "ACCOUNTADMIN", "last_success_login": None, "expires_at_time": None,
        "locked_until_time": None, "has_password": "false", "has_rsa_public_key": "false", "type": "PERSON",
        "has_mfa": "false", "has_pat": "false", "has_workload_identity": "false",
    }  # fmt: skip
    told = described(client, "BARE")
    assert told["NAME"] == "BARE"
    assert told["PASSWORD"] == told["EMAIL"] == told["RSA_PUBLIC_KEY_FP"] == "null"
    client("DROP USER BARE")
    assert client.error("DROP USER BARE")[0] == 2003
    assert client("DROP USER IF EXISTS BARE")[0][0].endswith("(BARE already dropped).")


def test_all_properties(client, user):
    client(
        "CREATE OR REPLACE USER TESTED PASSWORD = 'secret word' LOGIN_NAME = 'logs.in' DISPLAY_NAME = 'Disp Lay' "
        "FIRST_NAME = 'Fi' MIDDLE_NAME = 'Mi' LAST_NAME = 'La' EMAIL = 'a@b.c' MUST_CHANGE_PASSWORD = TRUE "
        'DISABLED = TRUE DAYS_TO_EXPIRY = 5 MINS_TO_UNLOCK = 15 DEFAULT_WAREHOUSE = wh DEFAULT_NAMESPACE = db."s c" '
        "DEFAULT_ROLE = \"ro le\" DEFAULT_SECONDARY_ROLES = () MINS_TO_BYPASS_MFA = 30 TYPE = PERSON COMMENT = 'c' "
        "TIMEZONE = 'Europe/Warsaw' ENABLE_UNREDACTED_QUERY_SYNTAX_ERROR = TRUE"
    )
    names = (
        "login_name", "display_name", "first_name", "last_name", "email", "mins_to_unlock", "comment", "disabled",
        "must_change_password", "default_warehouse", "default_namespace", "default_role", "default_secondary_roles",
        "mins_to_bypass_mfa", "has_password",
    )  # fmt: skip
    assert column(client, "SHOW USERS LIKE 'TESTED'", *names) == [
        ("LOGS.IN", "Disp Lay", "Fi", "La", "a@b.c", "14", "c", "true", "true", "WH", 'DB."s c"', "ro le", "[]", "29",
         "true")
    ]  # fmt: skip
    told = described(client)
    assert (told["MIDDLE_NAME"], told["PASSWORD"]) == ("Mi", "********")
    assert 4.9 < float(told["DAYS_TO_EXPIRY"]) < 5
    assert not any("secret word" in str(value) for row in client("SHOW USERS LIKE 'TESTED'") for value in row)


@pytest.mark.parametrize("type_", ["PERSON", "SERVICE", "LEGACY_SERVICE"])
def test_types(client, user, type_):
    """https://docs.snowflake.com/en/user-guide/admin-user-management#types-of-users"""
    client(f"CREATE OR REPLACE USER TESTED TYPE = {type_} EMAIL = 'e@x.y' COMMENT = 'c'")
    forbidden = {
        "PERSON": (),
        "SERVICE": ("PASSWORD", "MUST_CHANGE_PASSWORD", "FIRST_NAME", "MIDDLE_NAME", "LAST_NAME"),
        "LEGACY_SERVICE": ("FIRST_NAME", "MIDDLE_NAME", "LAST_NAME"),
    }[type_]
    for name in ("PASSWORD", "MUST_CHANGE_PASSWORD", "FIRST_NAME", "MIDDLE_NAME", "LAST_NAME"):
        value = "TRUE" if name == "MUST_CHANGE_PASSWORD" else "'Value-1234'"
        if name not in forbidden:
            client(f"ALTER USER TESTED SET {name} = {value}")
            continue
        said = (511503, "23001", f"SQL execution error: Cannot set {name} on users with TYPE={type_}.")
        assert client.error(f"ALTER USER TESTED SET {name} = {value}") == said
        assert client.error(f"CREATE OR REPLACE USER TESTED TYPE = {type_} {name} = {value}") == said
    assert column(client, "SHOW USERS LIKE 'TESTED'", "type") == [(type_,)]


def test_bad_input(client, user):
    for text, code in (
        ("CREATE USER", 1003),
        ("CREATE USER A.B", 1003),
        ("CREATE USER A )", 1003),
        ("CREATE USER A COLOR = 'red'", 1420),
        ("CREATE USER A RSA_PUBLIC_KEY_FP = 'x'", 1420),
        ("CREATE USER A DISABLE_MFA = TRUE", 1420),
        ("CREATE USER A TYPE = ROBOT", 1003),
        ("CREATE USER A DISABLED = 'perhaps'", 1003),
        ("CREATE USER A DEFAULT_SECONDARY_ROLES = ('SOME')", 1008),
        ("CREATE USER A DAYS_TO_EXPIRY = 1.5", 1008),
        ("CREATE USER A RSA_PUBLIC_KEY = 'no key'", 1422),
        ("CREATE USER A LOGIN_NAME = 'tested'", 2002),
        ("CREATE USER A NETWORK_POLICY = NO_SUCH", 2003),
        ("CREATE USER A TIMEZONE", 1003),
        ("CREATE USER A JSON_INDENT = 'x'", 1008),
        ("ALTER USER TESTED", 1003),
        ("ALTER USER TESTED SET", 1003),
        ("ALTER USER TESTED SET COLOR = 'red'", 1420),
        ("ALTER USER TESTED UNSET COLOR", 1420),
        ("ALTER USER TESTED SET DAYS_TO_EXPIRY = 1.5", 1008),
        ("ALTER USER NO_SUCH SET COMMENT = 'x'", 2003),
        ("ALTER USER TESTED RESET PASSWORD", 2),
        ("ALTER USER TESTED ADD DELEGATED AUTHORIZATION OF ROLE R TO SECURITY INTEGRATION I", 2),
        ("ALTER USER TESTED SET COMMENT = 'x' )", 1003),
        ("DESCRIBE USER NO_SUCH", 2003),
        ("DESCRIBE USER TESTED )", 1003),
        ("DROP USER NO_SUCH", 2003),
    ):
        assert client.error(text)[0] == code, text
    assert client("ALTER USER IF EXISTS NO_SUCH SET COMMENT = 'x'") == [("Statement executed successfully.",)]


def test_null_is_as_unset(client):
    client("CREATE OR REPLACE USER NULLS FIRST_NAME = 'F' EMAIL = 'e@f.g' PASSWORD = 'secretA1' TIMEZONE = 'UTC' "
           "TYPE = NULL COMMENT = NULL DEFAULT_ROLE = NULL")  # fmt: skip
    client("ALTER USER NULLS SET FIRST_NAME = NULL EMAIL = NULL PASSWORD = NULL TIMEZONE = NULL RSA_PUBLIC_KEY = NULL")
    names = ("first_name", "email", "has_password", "type", "comment", "default_role", "has_rsa_public_key")
    assert column(client, "SHOW USERS LIKE 'NULLS'", *names) == [
        ("None", "None", "false", "PERSON", "", "", "false")
    ]  # fmt: skip
    assert column(client, "SHOW PARAMETERS LIKE 'TIMEZONE' IN USER NULLS", "level") == [("",)]
    client("ALTER USER NULLS SET TYPE = LEGACY_SERVICE")
    client("ALTER USER NULLS SET FIRST_NAME = NULL LAST_NAME = NULL")
    assert client.error("ALTER USER NULLS SET FIRST_NAME = 'F'")[0] == 511503
    client("DROP USER NULLS")


# -- ALTER ---------------------------------------------------------------------------------------------


def test_alter(client, user):
    client("ALTER USER TESTED SET EMAIL = 'a@b.c', FIRST_NAME = 'F' DEFAULT_ROLE = R1 TIMEZONE = 'UTC'")
    assert column(client, "SHOW USERS LIKE 'TESTED'", "email", "first_name", "default_role") == [("a@b.c", "F", "R1")]
    client("ALTER USER TESTED UNSET EMAIL, FIRST_NAME, DEFAULT_ROLE, TIMEZONE, PASSWORD")
    shown = column(client, "SHOW USERS LIKE 'TESTED'", "email", "first_name", "default_role", "has_password")
    assert shown == [("", "", "", "false")]
    client("ALTER USER TESTED SET DISABLE_MFA = TRUE")
    client("COMMENT ON USER TESTED IS 'said'")
    client('ALTER USER TESTED RENAME TO "Tested too"')
    shown = column(client, "SHOW USERS LIKE 'tested too'", "name", "login_name", "comment")
    assert shown == [("Tested too", "TESTED", "said")]
    client('ALTER USER "Tested too" RENAME TO TESTED')
    assert client.error("ALTER USER TESTED RENAME TO ADMIN")[:2] == (2002, "42710")


def test_public_keys(client, user):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = base64.b64encode(der).decode()
    client(f"ALTER USER TESTED SET RSA_PUBLIC_KEY = '{body}'")
    told = described(client)
    assert told["RSA_PUBLIC_KEY"] == body
    assert told["RSA_PUBLIC_KEY_FP"] == "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert told["RSA_PUBLIC_KEY_2_FP"] == "null"
    assert column(client, "SHOW USERS LIKE 'TESTED'", "has_rsa_public_key") == [("true",)]
    client("ALTER USER TESTED UNSET RSA_PUBLIC_KEY")
    assert described(client)["RSA_PUBLIC_KEY"] == "null"


def test_times_count_down(client, user):
    client("ALTER USER TESTED SET MINS_TO_UNLOCK = -1, MINS_TO_BYPASS_MFA = 0, DAYS_TO_EXPIRY = -1")
    told = described(client)
    assert (told["MINS_TO_UNLOCK"], told["MINS_TO_BYPASS_MFA"]) == ("null", "null")
    assert float(told["DAYS_TO_EXPIRY"]) < -1
    client("ALTER USER TESTED SET DAYS_TO_EXPIRY = 0")
    assert described(client)["DAYS_TO_EXPIRY"] == "null"


# -- who may -------------------------------------------------------------------------------------------


def test_strangers_see_little(client, guest, user):
    """https://docs.snowflake.com/en/sql-reference/sql/show-users"""
    other, role = guest()
    rows = other("SHOW USERS LIKE 'TESTED'")
    shown = dict(zip(other.names(), rows[0], strict=True))
    assert {name for name, value in shown.items() if value is not None} == {"name", "created_on", "owner"}
    assert other.error("DESCRIBE USER TESTED")[:2] == (3001, "42501")
    assert other.error("ALTER USER TESTED SET COMMENT = 'x'")[:2] == (3001, "42501")
    assert other.error("DROP USER TESTED")[:2] == (3001, "42501")
    assert other.error("CREATE USER MINE")[:2] == (3001, "42501")
    assert other.error("SHOW GRANTS TO USER TESTED")[:2] == (3001, "42501")
    client(f"GRANT MANAGE GRANTS ON ACCOUNT TO ROLE {role}")
    assert column(other, "SHOW USERS LIKE 'TESTED'", "has_password") == [("true",)]
    assert described(other)["NAME"] == "TESTED"
    assert other.error("DROP USER TESTED")[:2] == (3001, "42501")


def test_the_maker_owns_what_it_makes(client, guest):
    maker, role = guest("CREATE USER ON ACCOUNT")
    maker("CREATE USER MADE EMAIL = 'x@y.z'")
    assert column(maker, "SHOW USERS LIKE 'MADE'", "email", "owner") == [("x@y.z", role)]
    maker("ALTER USER MADE SET DISABLED = TRUE")
    maker("DROP USER MADE")


def test_oneself(client, login, user):
    """https://docs.snowflake.com/en/sql-reference/sql/alter-user#usage-notes"""
    me = login()
    me("ALTER USER TESTED SET DEFAULT_ROLE = PUBLIC, TIMEZONE = 'UTC'")
    me("ALTER USER SET DEFAULT_WAREHOUSE = COMPUTE_WH")
    me("ALTER USER UNSET TIMEZONE")
    assert described(me)["DEFAULT_WAREHOUSE"] == "COMPUTE_WH"
    for text in (
        "SET DISABLED = FALSE",
        "SET PASSWORD = 'x'",
        "SET TYPE = SERVICE",
        "SET COMMENT = 'x'",
        "RENAME TO X",
    ):
        assert me.error(f"ALTER USER TESTED {text}")[:2] == (3001, "42501"), text
    assert me("SHOW GRANTS") == []


def test_who_is_logged_in_stays(client):
    assert client.error("DROP USER ADMIN")[1] == "42501"
    assert client.error("CREATE OR REPLACE USER ADMIN")[1] == "42501"


# -- login ---------------------------------------------------------------------------------------------


def test_login_by_password(client, login, user):
    assert refused(login, password="wrong") == 390100
    me = login()
    assert me("SELECT CURRENT_USER(), CURRENT_ROLE()") == [("TESTED", "PUBLIC")]
    client("CREATE OR REPLACE ROLE TESTED_ROLE")
    client("GRANT ROLE TESTED_ROLE TO USER TESTED")
    client("GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE TESTED_ROLE")
    client("ALTER USER TESTED SET DEFAULT_ROLE = TESTED_ROLE, DEFAULT_WAREHOUSE = COMPUTE_WH LOGIN_NAME = 'other.name'")
    assert refused(login) == 390100
    me = login("OTHER.NAME")
    assert me("SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE()") == [("TESTED", "TESTED_ROLE", "COMPUTE_WH")]
    client("ALTER USER TESTED SET PASSWORD = 'An other'")
    assert login("other.name", "An other")("SELECT CURRENT_USER()") == [("TESTED",)]
    assert refused(login, name="OTHER.NAME") == 390100
    client("DROP ROLE TESTED_ROLE")


def test_login_refused(client, login, user):
    client("ALTER USER TESTED SET DISABLED = TRUE")
    assert refused(login) == 390101
    client("ALTER USER TESTED SET DISABLED = FALSE DAYS_TO_EXPIRY = -1")
    assert refused(login) == 390103
    client("ALTER USER TESTED SET DAYS_TO_EXPIRY = 1 MINS_TO_UNLOCK = 1")
    assert refused(login) == 390102
    client("ALTER USER TESTED UNSET MINS_TO_UNLOCK")
    login()
    client("DROP USER TESTED")
    assert refused(login) == 390100


def test_session_begins_with_the_users_parameters(client, login, user):
    client("ALTER USER TESTED SET TIMEZONE = 'Asia/Tokyo', QUERY_TAG = 'of the user'")
    me = login()
    assert column(me, "SHOW PARAMETERS LIKE 'QUERY_TAG'", "value", "level") == [("of the user", "USER")]
    assert column(client, "SHOW PARAMETERS LIKE 'TIMEZONE' IN USER TESTED", "value", "level") == [
        ("Asia/Tokyo", "USER")
    ]


def test_secondary_roles_of_the_login(client, login, user):
    database = client("SELECT CURRENT_DATABASE()")[0][0]
    client("CREATE OR REPLACE ROLE TESTED_ROLE")
    client("GRANT ROLE TESTED_ROLE TO USER TESTED")
    client(f'GRANT USAGE ON DATABASE "{database}" TO ROLE TESTED_ROLE')
    assert login()(f"SHOW DATABASES LIKE '{database}'")
    client("ALTER USER TESTED SET DEFAULT_SECONDARY_ROLES = ()")
    assert not login()(f"SHOW DATABASES LIKE '{database}'")
    client("DROP ROLE TESTED_ROLE")
