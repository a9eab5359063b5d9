from ..sample import Sample

SAMPLE = Sample(
    '{warehouse: COMPUTE_WH, schedule: 1 minute, condition: "select 1 from BASE where A > 4",'
    " action: \"insert into LOG values ('hit')\", comment: it's, state: started}",
    {
        "warehouse": ("{n}_WH", "null"),
        "schedule": ("60 seconds", "5 minutes", "using cron 0 5 * * * UTC", "null"),
        "condition": (
            '"EXISTS (SELECT 1 FROM base where A>4) ;"',
            "\"select ')' from {db}.S.BASE where exists (select 1)\"",
        ),
        "action": ("\"INSERT into log values ('hit'); -- c\"", '"begin delete from {db}.S.LOG; end"'),
        "comment": ("other", "null"),
        "state": ("suspended", "null"),
        "owner": ("SYSADMIN",),
    },
    needs=(
        "CREATE TABLE {db}.S.BASE (A NUMBER)",
        "CREATE TABLE {db}.S.LOG (A VARCHAR)",
        "CREATE WAREHOUSE {n}_WH INITIALLY_SUSPENDED = TRUE",
        "GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE SYSADMIN",
        "GRANT EXECUTE ALERT ON ACCOUNT TO ROLE SYSADMIN",
        "GRANT USAGE ON DATABASE {db} TO ROLE SYSADMIN",
        "GRANT USAGE ON SCHEMA {db}.S TO ROLE SYSADMIN",
    ),
    after=("DROP WAREHOUSE {n}_WH",),
    fixed={"tags": "tried with tags"},
    replaces=frozenset({"schedule"}),
)
