"""Every kind of object walks the same way: made, shown, described, altered, renamed, granted, dropped, undropped.

It is walked as the owner, as a stranger, and as roles with exactly one privilege. A kind without a sample fails.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from snowmaker.sandbox import statements
from snowmaker.sandbox.kinds import KINDS, Kind

from .conftest import Client, login

_numbers = itertools.count(1)
KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"


@dataclass(frozen=True)
class Sample:
    """How one kind is made and changed. `{n}` is the object's name, `{db}` and `{s}` where it is.

    `needs` are made before, by the administrator; `also` are more grants that the maker needs (`{r}`).
    `alters` are the clauses of ALTER …, each tried; `name` is how DROP and the like spell it.
    """

    create: str
    alters: tuple[str, ...] = ("SET COMMENT = 'c'",)
    needs: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    renames: bool = True
    describe: bool = True
    comment: bool = True
    only_admin: bool = False
    signature: str = ""


TABLE = ("CREATE TABLE {s}.SOURCE (ID INT, T VARCHAR)",)
READ = ("GRANT SELECT ON TABLE {s}.SOURCE TO ROLE {r}",)

SAMPLES: dict[str, Sample] = {
    "DATABASE": Sample(
        "CREATE DATABASE {n} DATA_RETENTION_TIME_IN_DAYS = 1 COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET DATA_RETENTION_TIME_IN_DAYS = 0", "UNSET DATA_RETENTION_TIME_IN_DAYS",
         "SET LOG_LEVEL = INFO", "SET DEFAULT_DDL_COLLATION = 'en-ci'", "SET SUSPEND_TASK_AFTER_NUM_FAILURES = 3"),
    ),
    "SCHEMA": Sample(
        "CREATE SCHEMA {n} COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET DATA_RETENTION_TIME_IN_DAYS = 0", "UNSET DATA_RETENTION_TIME_IN_DAYS",
         "ENABLE MANAGED ACCESS", "DISABLE MANAGED ACCESS", "SET PIPE_EXECUTION_PAUSED = TRUE"),
    ),
    "TABLE": Sample(
        "CREATE TABLE {n} (ID INT NOT NULL, T VARCHAR(10), PRIMARY KEY (ID)) COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET DATA_RETENTION_TIME_IN_DAYS = 0", "UNSET DATA_RETENTION_TIME_IN_DAYS",
         "SET CHANGE_TRACKING = TRUE", "SET ENABLE_SCHEMA_EVOLUTION = TRUE", "ADD COLUMN B BOOLEAN",
         "RENAME COLUMN B TO B2", "DROP COLUMN B2", "ALTER COLUMN T SET DATA TYPE VARCHAR(20)",
         "MODIFY COLUMN T COMMENT 'c'", "ALTER COLUMN ID DROP NOT NULL", "CLUSTER BY (ID)", "DROP CLUSTERING KEY",
         "DROP PRIMARY KEY", "ADD CONSTRAINT U UNIQUE (T)", "RENAME CONSTRAINT U TO U2", "DROP CONSTRAINT U2"),
    ),
    "VIEW": Sample(
        "CREATE VIEW {n} (A, B COMMENT 'b') COMMENT = 'x' AS SELECT ID, T FROM {s}.SOURCE",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET SECURE", "UNSET SECURE"), TABLE, READ,
    ),
    "MATERIALIZED VIEW": Sample(
        "CREATE MATERIALIZED VIEW {n} COMMENT = 'x' AS SELECT ID FROM {s}.SOURCE",
        ("SET COMMENT = 'c'", "SUSPEND", "RESUME", "CLUSTER BY (ID)", "DROP CLUSTERING KEY"), TABLE, READ,
    ),
    "DYNAMIC TABLE": Sample(
        "CREATE DYNAMIC TABLE {n} TARGET_LAG = '1 minute' WAREHOUSE = COMPUTE_WH AS SELECT ID FROM {s}.SOURCE",
        ("SET TARGET_LAG = '5 minutes'", "SUSPEND", "RESUME", "SET COMMENT = 'c'"), TABLE,
        (*READ, "GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE {r}"),
    ),
    "EXTERNAL TABLE": Sample(
        "CREATE EXTERNAL TABLE {n} LOCATION = @{s}.OUTSIDE AUTO_REFRESH = FALSE FILE_FORMAT = (TYPE = PARQUET)",
        ("SET AUTO_REFRESH = FALSE",), ("CREATE STAGE {s}.OUTSIDE URL = 's3://bucket/path/'",),
        ("GRANT USAGE ON STAGE {s}.OUTSIDE TO ROLE {r}",), renames=False,
    ),
    "EVENT TABLE": Sample("CREATE EVENT TABLE {n} COMMENT = 'x'", ("SET COMMENT = 'c'",)),
    "SEQUENCE": Sample(
        "CREATE SEQUENCE {n} START = 5 INCREMENT = 2 COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET INCREMENT = 3", "SET NOORDER"),
    ),
    "STAGE": Sample(
        "CREATE STAGE {n} FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1) COMMENT = 'x'",
        ("SET COMMENT = 'c'", "SET FILE_FORMAT = (TYPE = JSON)", "SET DIRECTORY = (ENABLE = TRUE)"),
    ),
    "FILE FORMAT": Sample(
        "CREATE FILE FORMAT {n} TYPE = CSV FIELD_DELIMITER = '|' COMMENT = 'x'",
        ("SET COMMENT = 'c'", "SET FIELD_DELIMITER = ';'", "SET NULL_IF = ('NULL', '')", "SET SKIP_HEADER = 2"),
    ),
    "PIPE": Sample(
        "CREATE PIPE {n} COMMENT = 'x' AS COPY INTO {s}.SOURCE FROM @{s}.INSIDE",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET PIPE_EXECUTION_PAUSED = TRUE", "SET PIPE_EXECUTION_PAUSED = FALSE"),
        (*TABLE, "CREATE STAGE {s}.INSIDE"),
        ("GRANT SELECT, INSERT ON TABLE {s}.SOURCE TO ROLE {r}", "GRANT READ ON STAGE {s}.INSIDE TO ROLE {r}"),
        renames=False,
    ),
    "STREAM": Sample(
        "CREATE STREAM {n} ON TABLE {s}.SOURCE COMMENT = 'x'", ("SET COMMENT = 'c'", "UNSET COMMENT"),
        (*TABLE, "ALTER TABLE {s}.SOURCE SET CHANGE_TRACKING = TRUE"), READ, renames=False,
    ),
    "TASK": Sample(
        "CREATE TASK {n} WAREHOUSE = COMPUTE_WH SCHEDULE = '5 MINUTE' COMMENT = 'x' AS SELECT 1",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET SCHEDULE = 'USING CRON 0 9 * * * UTC'",
         "MODIFY AS SELECT 2", "MODIFY WHEN 1 = 1", "REMOVE WHEN", "SET USER_TASK_TIMEOUT_MS = 1000", "RESUME", "SUSPEND"),
        (), ("GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE {r}", "GRANT EXECUTE TASK ON ACCOUNT TO ROLE {r}"),
        renames=False,
    ),
    "ALERT": Sample(
        "CREATE ALERT {n} WAREHOUSE = COMPUTE_WH SCHEDULE = '1 MINUTE' IF (EXISTS (SELECT 1)) THEN SELECT 1",
        ("SET COMMENT = 'c'", "SET SCHEDULE = '5 MINUTE'", "RESUME", "SUSPEND"),
        (), ("GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE {r}", "GRANT EXECUTE ALERT ON ACCOUNT TO ROLE {r}"),
        renames=False,
    ),
    "PROCEDURE": Sample(
        "CREATE PROCEDURE {n}(X NUMBER) RETURNS NUMBER LANGUAGE SQL COMMENT = 'x' AS 'BEGIN RETURN X; END'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "EXECUTE AS CALLER"), signature="(NUMBER)",
    ),
    "FUNCTION": Sample(
        "CREATE FUNCTION {n}(X NUMBER) RETURNS NUMBER COMMENT = 'x' AS 'X + 1'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET SECURE", "UNSET SECURE"), signature="(NUMBER)",
    ),
    "TAG": Sample(
        "CREATE TAG {n} ALLOWED_VALUES 'a', 'b' COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "ADD ALLOWED_VALUES 'd'", "DROP ALLOWED_VALUES 'd'"), describe=False,
    ),
    "MASKING POLICY": Sample(
        "CREATE MASKING POLICY {n} AS (V VARCHAR) RETURNS VARCHAR -> '***' COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET BODY -> 'hidden'"),
    ),
    "ROW ACCESS POLICY": Sample(
        "CREATE ROW ACCESS POLICY {n} AS (V VARCHAR) RETURNS BOOLEAN -> TRUE COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET BODY -> FALSE"),
    ),
    "NETWORK RULE": Sample(
        "CREATE NETWORK RULE {n} TYPE = IPV4 MODE = INGRESS VALUE_LIST = ('10.0.0.0/8') COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET VALUE_LIST = ('10.1.0.0/16')"), renames=False,
    ),
    "SECRET": Sample(
        "CREATE SECRET {n} TYPE = GENERIC_STRING SECRET_STRING = 'hush' COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET SECRET_STRING = 'hush2'"), renames=False,
    ),
    "ROLE": Sample("CREATE ROLE {n} COMMENT = 'x'", ("SET COMMENT = 'c'", "UNSET COMMENT"), describe=False),
    "DATABASE ROLE": Sample("CREATE DATABASE ROLE {n} COMMENT = 'x'", ("SET COMMENT = 'c'", "UNSET COMMENT"), describe=False),
    "USER": Sample(
        "CREATE USER {n} PASSWORD = 'Pass-word-1' DEFAULT_ROLE = PUBLIC COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET EMAIL = 'a@b.c'", "SET DISABLED = TRUE", "SET DEFAULT_WAREHOUSE = W",
         "SET DEFAULT_SECONDARY_ROLES = ('ALL')", "SET FIRST_NAME = 'a' LAST_NAME = 'b'", "UNSET EMAIL"),
    ),
    "WAREHOUSE": Sample(
        "CREATE WAREHOUSE {n} WAREHOUSE_SIZE = XSMALL INITIALLY_SUSPENDED = TRUE COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET WAREHOUSE_SIZE = '2X-LARGE'", "SET AUTO_SUSPEND = 60",
         "SET MIN_CLUSTER_COUNT = 1 MAX_CLUSTER_COUNT = 3", "SET AUTO_RESUME = FALSE", "RESUME", "SUSPEND"),
    ),
    "RESOURCE MONITOR": Sample(
        "CREATE RESOURCE MONITOR {n} WITH CREDIT_QUOTA = 5 TRIGGERS ON 80 PERCENT DO NOTIFY",
        ("SET CREDIT_QUOTA = 6", "SET TRIGGERS ON 90 PERCENT DO SUSPEND"),
        renames=False, describe=False, comment=False, only_admin=True,
    ),
    "NETWORK POLICY": Sample(
        "CREATE NETWORK POLICY {n} ALLOWED_IP_LIST = ('10.0.0.0/8') COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET BLOCKED_IP_LIST = ('10.0.0.1')"),
    ),
    "INTEGRATION": Sample(
        "CREATE STORAGE INTEGRATION {n} TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = S3 ENABLED = TRUE "
        "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role/r' STORAGE_ALLOWED_LOCATIONS = ('s3://b/') COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET ENABLED = FALSE", "SET STORAGE_BLOCKED_LOCATIONS = ('s3://b/c/')"),
        renames=False,
    ),
    "PASSWORD POLICY": Sample(
        "CREATE PASSWORD POLICY {n} PASSWORD_MIN_LENGTH = 12 COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET PASSWORD_MAX_RETRIES = 3", "UNSET PASSWORD_MIN_LENGTH"),
    ),
    "SESSION POLICY": Sample(
        "CREATE SESSION POLICY {n} SESSION_IDLE_TIMEOUT_MINS = 30 COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET SESSION_UI_IDLE_TIMEOUT_MINS = 10"),
    ),
    "AUTHENTICATION POLICY": Sample(
        "CREATE AUTHENTICATION POLICY {n} CLIENT_TYPES = ('DRIVERS') COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET AUTHENTICATION_METHODS = ('PASSWORD')", "UNSET CLIENT_TYPES"),
    ),
    "AGGREGATION POLICY": Sample(
        "CREATE AGGREGATION POLICY {n} AS () RETURNS AGGREGATION_CONSTRAINT -> NO_AGGREGATION_CONSTRAINT()",
        ("SET COMMENT = 'c'", "SET BODY -> AGGREGATION_CONSTRAINT(MIN_GROUP_SIZE => 5)"),
    ),
    "PROJECTION POLICY": Sample(
        "CREATE PROJECTION POLICY {n} AS () RETURNS PROJECTION_CONSTRAINT -> PROJECTION_CONSTRAINT(ALLOW => FALSE)",
        ("SET COMMENT = 'c'", "SET BODY -> PROJECTION_CONSTRAINT(ALLOW => TRUE)"),
    ),
    "JOIN POLICY": Sample(
        "CREATE JOIN POLICY {n} AS () RETURNS JOIN_CONSTRAINT -> JOIN_CONSTRAINT(JOIN_REQUIRED => TRUE)",
        ("SET COMMENT = 'c'", "SET BODY -> JOIN_CONSTRAINT(JOIN_REQUIRED => FALSE)"),
    ),
    "STORAGE LIFECYCLE POLICY": Sample(
        "CREATE STORAGE LIFECYCLE POLICY {n} AS (D DATE) RETURNS BOOLEAN -> D < CURRENT_DATE() - 30 COMMENT = 'x'",
        ("SET COMMENT = 'c'", "UNSET COMMENT", "SET BODY -> FALSE"),
    ),
    "SHARE": Sample("CREATE SHARE {n} COMMENT = 'x'", ("SET COMMENT = 'c'", "UNSET COMMENT"), renames=False),
}  # fmt: skip

statements.load()


@dataclass
class World:
    """A place for one walk, an administrator, and sessions of roles that may use the place."""

    admin: Client
    kind: Kind
    sample: Sample
    database: str
    schema: str
    as_role: Callable[[str], Client]

    def fill(self, text: str, role: str = "") -> str:
        return text.format(n=self.name, s=self.schema, db=self.database, r=role)

    @property
    def name(self) -> str:
        own = f"{self.database}_X"
        return {"ACCOUNT": own, "DATABASE": f"{self.database}.{own}", "SCHEMA": f"{self.schema}.{own}"}[self.kind.level]

    @property
    def full(self) -> str:
        return self.name + self.sample.signature

    @property
    def container(self) -> str:
        return {"ACCOUNT": "ACCOUNT", "DATABASE": f"DATABASE {self.database}", "SCHEMA": f"SCHEMA {self.schema}"}[
            self.kind.level
        ]

    def shown(self, client: Client) -> bool:
        where = "" if self.kind.level == "ACCOUNT" else f" IN {self.container}"
        own = self.name.rpartition(".")[2]
        found = client(f"SHOW {self.kind.plural} LIKE '{own}'{where}")
        return own in {row[client.names().index("name")] for row in found}

    def maker(self) -> Client:
        """A role that may make such an object, and nothing else."""
        client = self.as_role("MAKER")
        role = f"{self.database}_MAKER"
        if self.sample.only_admin:
            self.admin(f"GRANT ROLE ACCOUNTADMIN TO ROLE {role}")
            return client
        for text in self.sample.also:
            self.admin(self.fill(text, role))
        code, sqlstate, _ = client.error(self.fill(self.sample.create))
        assert (code, sqlstate) == (3001, "42501"), "CREATE wants the privilege"
        self.admin(f"GRANT {self.kind.creating} ON {self.container} TO ROLE {role}")
        return client


@pytest.fixture
def worlds(account) -> Iterator[Callable[[str], World]]:
    clients: list[Client] = []
    made: list[World] = []

    def open_client(role: str | None = None) -> Client:
        clients.append(Client(login(account, **({"role": role} if role else {}))))
        return clients[-1]

    def make(kind: str) -> World:
        database = f"WALK{next(_numbers)}"
        admin = open_client()
        admin(f"CREATE DATABASE {database}")
        admin(f"CREATE SCHEMA {database}.S")

        def as_role(name: str) -> Client:
            role = f"{database}_{name}"
            admin(f"CREATE ROLE {role}")
            admin(f"GRANT ROLE {role} TO USER ADMIN")
            admin(f"GRANT USAGE ON DATABASE {database} TO ROLE {role}")
            admin(f"GRANT USAGE ON SCHEMA {database}.S TO ROLE {role}")
            client = open_client(role)
            client("USE SECONDARY ROLES NONE")
            return client

        world = World(admin, KINDS[kind], SAMPLES[kind], database, f"{database}.S", as_role)
        for text in world.sample.needs:
            admin(world.fill(text))
        made.append(world)
        return world

    yield make
    for world in made:
        for role in world.admin(f"SHOW ROLES LIKE '{world.database}\\\\_%'"):
            world.admin(f"GRANT OWNERSHIP ON ROLE {role[1]} TO ROLE ACCOUNTADMIN REVOKE CURRENT GRANTS")
            world.admin(f"DROP ROLE {role[1]}")
        world.admin(f"DROP DATABASE {world.database}")
    for client in clients:
        client.close()


def test_every_kind_has_a_sample():
    assert set(SAMPLES) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_owner(worlds, kind):
    world = worlds(kind)
    owner = world.maker()
    sample, alter = world.sample, f"ALTER {kind} {world.full}"
    owner(world.fill(sample.create))
    assert world.shown(owner)
    assert owner.error(world.fill(sample.create))[:2] == (2002, "42710"), "the name is taken"
    assert owner.error(world.fill(sample.create) + " )")[0] == 1003, "a stray bracket"
    if sample.describe:
        assert owner(f"DESCRIBE {kind} {world.full}") or kind in ("SCHEMA", "SHARE"), "these list what they hold"
    for clause in sample.alters:
        owner(f"{alter} {clause}")
    if sample.comment:
        owner(f"COMMENT ON {kind} {world.full} IS 'said'")
    code = owner.error(f"{alter} SET NO_SUCH_PROPERTY = 1")[0]
    assert code in (1003, 1420, 1006), "an unknown property"
    if sample.renames:
        owner(f"{alter} RENAME TO {world.name}_2")
        assert not world.shown(owner)
        owner(f"ALTER {kind} {world.name}_2{sample.signature} RENAME TO {world.name}")
    owner(f"DROP {kind} {world.full}")
    assert not world.shown(owner)
    owner(f"DROP {kind} IF EXISTS {world.full}")
    assert owner.error(f"DROP {kind} {world.full}")[0] in (2003, 2043)
    if world.kind.undrop:
        owner(f"UNDROP {kind} {world.name}")
        assert world.shown(owner)
        owner(f"DROP {kind} {world.full}")


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_stranger(worlds, kind):
    world = worlds(kind)
    world.maker()(world.fill(world.sample.create))
    stranger = world.as_role("STRANGER")
    assert kind in ("ROLE", "USER") or not world.shown(stranger)
    for text in (f"ALTER {kind} {world.full} {world.sample.alters[0]}", f"DROP {kind} {world.full}"):
        assert stranger.error(text)[0] in (2003, 3001), text
    if world.sample.describe:
        assert stranger.error(f"DESCRIBE {kind} {world.full}")[0] in (2003, 3001)
    world.admin(f"GRANT OWNERSHIP ON {kind} {world.full} TO ROLE ACCOUNTADMIN REVOKE CURRENT GRANTS")
    world.admin(f"DROP {kind} {world.full}")


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_one_privilege(worlds, kind):
    """Any privilege shows the object; only those that say so change it, and none but OWNERSHIP drops it."""
    world = worlds(kind)
    owner = world.maker()
    owner(world.fill(world.sample.create))
    alter = f"ALTER {kind} {world.full} {world.sample.alters[0]}"
    for privilege in world.kind.grants:
        if privilege.startswith("CREATE ") or privilege in ("WRITE", "READ"):
            continue
        guest = world.as_role(privilege.replace(" ", "_"))
        owner(f"GRANT {privilege} ON {kind} {world.full} TO ROLE {world.database}_{privilege.replace(' ', '_')}")
        assert world.shown(guest), privilege
        if privilege in world.kind.alter:
            guest(alter)
        else:
            assert guest.error(alter)[0] == 3001, privilege
        assert guest.error(f"DROP {kind} {world.full}")[0] == 3001, privilege
        granted = owner(f"SHOW GRANTS ON {kind} {world.full}")
        assert privilege in {row[1] for row in granted}
        owner(f"REVOKE {privilege} ON {kind} {world.full} FROM ROLE {world.database}_{privilege.replace(' ', '_')}")
    owner(f"DROP {kind} {world.full}")
