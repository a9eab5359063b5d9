from ..sample import Sample

KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxuPyI8BnNrBVY9l1/WIPHKDL+q+QJ2x6UN83DCCWfSNF6C"
    "K5MbtdEli8LSlaxzHYtjOflHtnr9YTTJu1OJJ1iJNzOLmiVd5QpdK+8uV3VBVx+iZ3idBOShNG5B6G9R03NQ/+/52U"
    "R2pDeh96OUwm5SMvhyDInub73a9jmjwyPMIulYaUdhJaRF1OKhjoL9aQGbOwD6fijVh8KWe4VV/gKzJlm6WRKzDG81"
    "JS+Rw0wEzKhz+O1i5oxwfuxQeM7KojY9MNBkRb/jOii2rZEZ2TbwNaR6DiZ1mgdVMx/NxxeCQFc/4nR4sD/xiCyMYJ"
    "pFIVLM0ZtbtNcGW27qOGVqWftwIDAQAB"
)
OTHER_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApQllpRDpH5XpOuuc4N/d0NTcc18qoDo82R8FiY4I+hpTKW"
    "Ol0XxmQgHkW/KcLeEIVAruVzomibVMxlpeCGYYC2LxJ56P0fzMQIcvGMzlSUKfajN2VpaNAHkaDGKD3fEE2JQTi7WP"
    "Tg/LDI64l6rQMjVP39DSwlRXGQPQDjWJEYBzpVxTcyuaC18Bh/+4M7tABf6pmcAi2s2QyTuBmLM94zOC6w6HMLQxFi"
    "BobUjpXX18d1ZlZHwu9QIr2smqx2YMC0TLnq8cfsRTsU5L7S/k2lRWP1ZJGncMxoopEEnOwm+UUHCXVp5Ym4VMok0x"
    "hLZ/Qrx2heTCFgFOxo0uSBg0bwIDAQAB"
)
ONCE = ("must_change_password", "days_to_expiry", "mins_to_unlock", "mins_to_bypass_mfa")
SAMPLE = Sample(
    f"{{type: person, first_name: Ada, email: ada@example.com, default_role: PUBLIC, rsa_public_key: {KEY}, "
    "parameters: {timezone: UTC, week_start: 1}, roles: [SYSADMIN]}",
    {
        "type": ("null", "person"),
        "login_name": ("{n}@example.com", "'{n}'"),
        "display_name": ("Ada L", "'{n}'"),
        "first_name": ("Augusta", "null"),
        "middle_name": ("K", "null"),
        "last_name": ("Lovelace", "it's"),
        "email": ("a@example.com", "null"),
        "disabled": ("true", "false"),
        "default_warehouse": ("COMPUTE_WH", "'\"not there\"'"),
        "default_namespace": ("{db}", "'{db}.S'", "'\"a b\".s'"),
        "default_role": ("SYSADMIN", "null"),
        "default_secondary_roles": ("[]", "[all]"),
        "rsa_public_key": (OTHER_KEY, "null", KEY),
        "rsa_public_key_2": (OTHER_KEY,),
        "workload_identity": ("{type: oidc, issuer: 'https://example.com', subject: s}",),
        "network_policy": ("{n}_P",),
        "enable_unredacted_query_syntax_error": ("true",),
        "enable_unredacted_secure_object_error": ("true",),
        "prevent_unload_to_internal_stages": ("true",),
        "disable_ui_download_button": ("true",),
        "parameters": (
            "{timezone: UTC}",
            "{timezone: Europe/Zurich, lock_timeout: 10, autocommit: false, query_tag: '12'}",
            "{TIMEZONE: utc, week_start: 1}",
            "null",
        ),
        "roles": ("[SYSADMIN, USERADMIN]",),
        "comment": ("other", "null", "'null'"),
        "owner": ("SECURITYADMIN",),
    },
    key="{n}",
    needs=("CREATE NETWORK POLICY {n}_P ALLOWED_IP_LIST = ('0.0.0.0/0')",),
    after=("DROP NETWORK POLICY {n}_P",),
    fixed={
        "password": "tried in test_user.py",
        "tags": "tried with tags",
        **dict.fromkeys(ONCE, "only when it is made; tried in test_user.py"),
    },
)
