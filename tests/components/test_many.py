"""A project of 300 components, the kinds mixed: planned, applied and rolled back in one run each."""

from __future__ import annotations

from collections import Counter

import pytest

from snowmaker.components import kinds

from .test_flows import Account, one  # noqa: F401 (a fixture)

SCHEMA = """
      S{n}:
        managed_access: {managed}
        tags: {{LEVEL{n}: {{allowed_values: [high, low]}}}}
        masking_policies: {{HIDE: {{signature: {{V: varchar}}, returns: varchar, body: "'***'"}}}}
        row_access_policies: {{VISIBLE: {{signature: {{ID: number}}, body: "ID > 0"}}}}
        network_rules: {{OFFICE: {{type: ipv4, mode: ingress, value_list: [203.0.113.0/24]}}}}
        file_formats: {{CSV_GZ: {{type: csv, skip_header: 1, compression: gzip}}}}
        sequences: {{IDS: {{start: {n}, increment: 2}}}}
        stages: {{LANDING: {{directory: true, file_format: CSV_GZ}}}}
        tables:
          ORDERS:
            columns:
              ID: number(38,0) not null
              MAIL: {{type: varchar(100), masking_policy: HIDE}}
              TOTAL: number(12,2) default 0
            primary_key: [ID]
            cluster_by: [ID]
            row_access_policy: {{policy: VISIBLE, on: [ID]}}
            change_tracking: true
          COPIED: {{columns: {{ID: "number(38,0)", MAIL: varchar, TOTAL: "number(12,2)"}}}}
          LINES: {{columns: {{ID: number, "ORDER": number}}, foreign_keys: {{F: {{columns: ORDER_ID, references: ORDERS}}}}}}
        views: {{BIG: {{query: "select ID from ORDERS where TOTAL > DOUBLED(50)", secure: true}}}}
        dynamic_tables:
          SUMS: {{query: "select ID, sum(TOTAL) as TOTAL from ORDERS group by ID", target_lag: 1 hour, warehouse: F_WH1}}
        functions:
          DOUBLED: {{arguments: {{N: float}}, returns: float, language: sql, body: "N * 2"}}
        procedures:
          CLEAN: {{arguments: {{N: number}}, returns: varchar, language: sql, body: "begin return 'done'; end"}}
        streams: {{CHANGES: {{on_table: ORDERS, append_only: true}}}}
        pipes: {{LOAD: {{copy: "copy into COPIED from @LANDING"}}}}
        tasks:
          ROOT: {{warehouse: F_WH1, schedule: 60 minutes, sql: "select 1", state: started}}
          CHILD: {{warehouse: F_WH1, after: [ROOT], sql: "insert into COPIED select ID, MAIL, TOTAL from CHANGES", state: started}}
        alerts:
          HIGH: {{warehouse: F_WH1, schedule: 5 minutes, condition: "select 1 from ORDERS", action: "select 2"}}
"""
DATABASES, SCHEMAS, MORE = 3, 4, 24


def project() -> str:
    databases = ""
    for at in range(DATABASES):
        databases += f"\n  F_D{at}:\n    comment: number {at}\n    database_roles: {{READER: , WRITER: {{comment: w}}}}\n    schemas:"
        databases += "".join(SCHEMA.format(n=n, managed=str(n % 2 == 0).lower()) for n in range(SCHEMAS))
    databases = databases.replace('"ORDER": number', "ORDER_ID: number")
    roles = "".join(f"\n  F_R{at}: {{granted_to: [{f'F_R{at - 1}' if at else 'SYSADMIN'}]}}" for at in range(MORE))
    users = "".join(f"\n  F_U{at}: {{type: service, default_role: F_R{at}, roles: [F_R{at}]}}" for at in range(MORE))
    houses = "".join(
        f"\n  F_WH{at}: {{size: small, auto_suspend: {60 + at}, initially_suspended: true}}" for at in range(6)
    )
    grants = "".join(
        f"\n  F_R{at}: [usage on database F_D{at % DATABASES}, usage on warehouse F_WH{at % 6},"
        f" select on all tables in schema F_D{at % DATABASES}.S1, select on future tables in schema F_D{at % DATABASES}.S2]"
        for at in range(MORE)
    )
    return f"""
resource_monitors: {{F_M: {{credit_quota: 100, triggers: {{75: notify, 100: suspend}}}}}}
network_policies: {{F_P: {{allowed_ip_list: [203.0.113.0/24]}}}}
warehouses:{houses}
roles:{roles}
users:{users}
databases:{databases}
grants:{grants}
  SYSADMIN: [execute task on account, execute alert on account]
"""


@pytest.mark.slow
def test_three_hundred(one: Account) -> None:  # noqa: F811
    one.declare(project())
    with one.project() as opened:
        declared = opened.declared()
    of = Counter(component.kind.section for component in declared.components)
    assert sum(of.values()) >= 300
    assert set(of) == {kind.section for kind in kinds().values()} - {"account", "sql"}
    before = one.apply()
    assert Counter(change.kind for change in before.changes if change.action == "create") == Counter(
        {kind.slug: of[kind.section] for kind in kinds().values() if of[kind.section]}
    )
    assert before.round_trips <= 60
    one.rollback()
    assert one.sql(one.diff()) == one.sql(before)
