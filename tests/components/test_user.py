"""Users: what is secret, what only counts when they are made, and what their types forbid."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from snowmaker.components.user import KIND, Key
from snowmaker.errors import SourceError

from .conftest import Declaring
from .kinds.user import KEY, OTHER_KEY

USER = "users:\n  '{db}_U': "
PEM = "-----BEGIN PUBLIC KEY-----\n" + "\n".join(KEY[at : at + 64] for at in range(0, len(KEY), 64)) + "\n-----END"


@pytest.fixture
def world(declaring: Declaring) -> Iterator[Declaring]:
    yield declaring
    declaring.run("DROP USER IF EXISTS {db}_U", "DROP USER IF EXISTS {db}_V", "DROP ROLE IF EXISTS {db}_R")


def described(world: Declaring) -> dict[str, str]:
    return {row["property"]: row["value"] for row in world.run("DESCRIBE USER {db}_U")}


def test_a_loader(world: Declaring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWMAKER_SECRET_LOADER_KEY", KEY)
    body = """
roles: {'{db}_R': {}}
users:
  '{db}_U': {type: service, default_role: '{db}_R', roles: ['{db}_R'], rsa_public_key: "{{ secret('loader_key') }}"}
"""
    world.declare(body)
    changes = world.diff().changes
    assert [(change.kind, change.action) for change in changes] == [
        ("role", "create"),
        ("user", "create"),
        ("grant", "grant"),
    ]
    assert KEY not in str(changes)
    world.apply()
    assert described(world)["RSA_PUBLIC_KEY_FP"] == Key().digest(KEY)


def test_a_secret_key_is_compared_by_its_fingerprint(world: Declaring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWMAKER_SECRET_K", KEY)
    body = USER + "{rsa_public_key: \"{{ secret('k') }}\"}"
    world.apply(body)
    monkeypatch.setenv("SNOWMAKER_SECRET_K", OTHER_KEY)
    (change,) = world.diff().changes
    assert change.sql == (world.fill("ALTER USER {db}_U SET RSA_PUBLIC_KEY = '<<snowmaker:secret:k>>'"),)
    assert change.undo == (world.fill(f"ALTER USER {{db}}_U SET RSA_PUBLIC_KEY = '{KEY}'"),)
    world.there_and_back(body)
    world.apply()
    monkeypatch.delenv("SNOWMAKER_SECRET_K")
    assert world.diff().changes == (), "nobody can compare what is not there"


def test_a_secret_key_with_its_first_and_last_line_is_refused(
    world: Declaring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWMAKER_SECRET_K", PEM)
    world.declare(USER + "{rsa_public_key: \"{{ secret('k') }}\"}")
    with pytest.raises(SourceError, match="the secret 'k', has to be a key without the lines BEGIN and END") as caught:
        world.diff()
    assert (caught.value.file, caught.value.line) == ("components/x.yml", 2)
    assert KEY[:20] not in str(caught.value)


def test_a_plain_key_may_be_a_pem_file(world: Declaring) -> None:
    indented = PEM.replace("\n", "\n      ")
    world.apply(USER + f"\n    rsa_public_key: |\n      {indented}\n")
    world.declare(USER + f"{{rsa_public_key: {KEY}}}")
    assert world.diff().changes == ()


def test_passwords_are_written_once(world: Declaring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWMAKER_SECRET_P", "one")
    once = "must_change_password: true, days_to_expiry: 30, mins_to_unlock: 5, mins_to_bypass_mfa: 5"
    world.apply(USER + "{password: \"{{ secret('p') }}\", " + once + "}")
    assert described(world)["PASSWORD"] == "********"
    assert described(world)["MUST_CHANGE_PASSWORD"] == "true"
    monkeypatch.setenv("SNOWMAKER_SECRET_P", "two")
    world.declare(USER + "{password: \"{{ secret('p') }}\"}")
    assert world.diff().changes == ()


def test_names_go_before_the_type_that_forbids_them(world: Declaring) -> None:
    world.apply(USER + "{first_name: Ada, last_name: Lovelace, email: a@example.com}")
    statements = world.there_and_back(USER + "{type: service, email: b@example.com}")
    assert statements == [
        world.fill("ALTER USER {db}_U UNSET FIRST_NAME, LAST_NAME"),
        world.fill("ALTER USER {db}_U SET TYPE = SERVICE EMAIL = 'b@example.com'"),
    ]
    world.apply(USER + "{type: service}")
    world.there_and_back(USER + "{type: person, first_name: Ada}")
    world.there_and_back(USER + "{first_name: Ada}")


def test_parameters_of_others_are_left_alone(world: Declaring) -> None:
    world.apply(USER + "{parameters: {timezone: UTC}}")
    world.run("ALTER USER {db}_U SET WEEK_START = 1")
    (statement,) = world.there_and_back(USER + "{parameters: {timezone: UTC}}")
    assert statement == world.fill("ALTER USER {db}_U UNSET WEEK_START")
    (statement,) = world.there_and_back(USER + "{parameters: {timezone: UTC, week_start: 1, lock_timeout: 3}}")
    assert statement == world.fill("ALTER USER {db}_U SET LOCK_TIMEOUT = 3")


def test_what_is_hidden_is_left_to_others_by_an_import(world: Declaring) -> None:
    """https://docs.snowflake.com/en/user-guide/workload-identity-federation"""
    identity = "{type: oidc, issuer: 'https://example.com', subject: s, oidc_audience_list: [a, b]}"
    world.apply(USER + f"{{type: service, workload_identity: {identity}, rsa_public_key: {KEY}}}")
    text = world.imported("users")
    assert "ignore:\n    - workload_identity" in text
    assert KEY in text.replace("\n", "").replace(" ", "")


def test_a_new_name_takes_the_derived_ones_along(world: Declaring) -> None:
    world.apply(USER + "{}")
    world.there_and_back("users: {'{db}_V': {renamed_from: '{db}_U'}}")


def test_a_dropped_user_comes_back_with_its_roles(world: Declaring) -> None:
    world.apply(USER + f"{{rsa_public_key: {KEY}, comment: kept}}\nroles: {{'{{db}}_R': {{}}}}")
    world.run("GRANT ROLE {db}_R TO USER {db}_U", "GRANT ROLE SYSADMIN TO USER {db}_U")
    names = [str(row["name"]) for row in world.run("SHOW USERS") if str(row["name"]) not in (world.fill("{db}_U"),)]
    others = "".join(
        f"  '\"{name}\"': {{ignore: [{', '.join(one.name for one in KIND.properties)}]}}\n" for name in names
    )
    world.declare(f"users:\n  prune: true\n{others}")
    before = world.diff().changes
    assert [change.target for change in before] == [world.fill("{db}_U")]
    assert before[0].effect == "destructive"
    assert "do not come back by a rollback" in before[0].warnings[0]
    roles = world.run("SHOW GRANTS TO USER {db}_U")
    world.apply()
    world.rollback()
    again = world.run("SHOW GRANTS TO USER {db}_U")
    assert sorted(row["role"] for row in again) == sorted(row["role"] for row in roles)
    assert world.diff().changes == before


def test_roles_that_nobody_declares_are_left_alone_unless_they_are_pruned(world: Declaring) -> None:
    world.apply(USER + "{roles: [SYSADMIN]}")
    world.run("GRANT ROLE SECURITYADMIN TO USER {db}_U")
    assert world.diff().changes == ()
    statements = world.there_and_back(USER + "{roles: [SYSADMIN]}\ngrants: {'user {db}_U': {prune: true}}")
    assert statements == [world.fill("REVOKE ROLE SECURITYADMIN FROM USER {db}_U")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("users: {ADMIN: {disabled: true}}", "USER ADMIN is who is connected, and would be disabled"),
        ("users: {prune: true, '{db}_U': {}}", "USER ADMIN is who is connected, and would be dropped"),
    ],
)
def test_who_is_connected_is_spared(world: Declaring, text: str, said: str) -> None:
    world.declare(text)
    with pytest.raises(SourceError, match=said):
        world.diff()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{password: plain}", "password of user .* is a secret, and stands in no file"),
        (
            "{type: service, first_name: A, must_change_password: true}",
            "of type service has no must_change_password, f",
        ),
        ("{type: legacy_service, mins_to_bypass_mfa: 1}", "of type legacy_service has no mins_to_bypass_mfa"),
        ("{type: robot}", "is one of LEGACY_SERVICE, PERSON, SERVICE"),
        ("{rsa_public_key: ssh-rsa AAA}", "is a public RSA key in base64"),
        ("{default_secondary_roles: [PUBLIC]}", "default_secondary_roles .* is .all. or .."),
        ("{default_namespace: a.b.c}", "is a database, or a schema in one"),
        ("{parameters: {time_zone: UTC}}", "time_zone, which is no parameter of a session; did you mean timezone"),
        ("{parameters: UTC}", "is a mapping of parameters to values"),
        ("{default_rolle: X}", "did you mean default_role"),
        ("{workload_identity: {type: ldap}}", "type, which is one of AWS, AZURE, GCP, OIDC"),
    ],
)
def test_bad_input(world: Declaring, body: str, said: str) -> None:
    world.declare(USER + body)
    with pytest.raises(SourceError) as caught:
        world.diff()
    assert re.search(said, f"{caught.value.message} {caught.value.hint}")
    assert caught.value.line == 2


def test_service_users_of_snowflake_are_left_out() -> None:
    assert KIND.identity is not None
    assert KIND.identity({"name": "A", "type": "SNOWFLAKE_SERVICE"}) is None
    assert KIND.identity({"name": "SNOWFLAKE", "type": None}) is None
    assert KIND.identity({"name": "A", "type": None}) == ("A",)
