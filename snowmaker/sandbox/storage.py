"""Where a stage's files are: inside the account, or recorded as being in a bucket of a cloud.

Credentials and keys are read, judged by their names, and thrown away: they are kept nowhere.
https://docs.snowflake.com/en/sql-reference/sql/create-stage#external-stage-parameters-externalstageparams
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.properties import boolean, group, name, string
from snowmaker.sandbox.sqlerror import SqlError

# The cloud of a URL by how it begins; s3compat is whatever speaks S3
_SCHEMES = {
    "s3": "AWS", "s3gov": "AWS", "s3china": "AWS", "s3compat": "AWS", "gcs": "GCP", "azure": "AZURE",
}  # fmt: skip
_ENCRYPTIONS = {
    "AWS": ("AWS_CSE", "AWS_SSE_S3", "AWS_SSE_KMS", "NONE"),
    "GCP": ("GCS_SSE_KMS", "NONE"),
    "AZURE": ("AZURE_CSE", "NONE"),
    "": ("SNOWFLAKE_FULL", "SNOWFLAKE_SSE"),
}
_WITH_KEY = ("AWS_CSE", "AWS_SSE_KMS", "GCS_SSE_KMS", "AZURE_CSE")
_CREDENTIALS = {
    "AWS": ("AWS_KEY_ID", "AWS_SECRET_KEY", "AWS_TOKEN", "AWS_ROLE"), "AZURE": ("AZURE_SAS_TOKEN",), "GCP": (),
}  # fmt: skip
_ALL_CREDENTIALS = [each for names in _CREDENTIALS.values() for each in names]


def _credentials(parser: Parser) -> list[str]:
    """`( KEY = 'value' … )`: which were given, and nothing of what they are."""
    return list(group(dict.fromkeys(_ALL_CREDENTIALS, string), "CREDENTIALS")(parser))


def _encryption(parser: Parser) -> dict[str, Any]:
    readers: dict[str, Reader] = {"TYPE": Parser.word_or_string, "MASTER_KEY": string, "KMS_KEY_ID": string}
    found = group(readers, "ENCRYPTION")(parser)
    key = "MASTER_KEY" in found or "KMS_KEY_ID" in found
    return {"TYPE": str(found["TYPE"]).upper() if "TYPE" in found else "", "KEY": key}


def _directory(parser: Parser) -> dict[str, Any]:
    readers: dict[str, Reader] = {
        "ENABLE": boolean, "AUTO_REFRESH": boolean, "REFRESH_ON_CREATE": boolean, "AWS_SNS_TOPIC": string,
        "NOTIFICATION_INTEGRATION": Parser.word_or_string,
    }  # fmt: skip
    return group(readers, "DIRECTORY")(parser)  # type: ignore[no-any-return]


EXTERNAL: dict[str, Reader] = {
    "URL": Parser.word_or_string,
    "STORAGE_INTEGRATION": name,
    "CREDENTIALS": _credentials,
    "ENDPOINT": Parser.word_or_string,
    "AWS_ACCESS_POINT_ARN": string,
    "USE_PRIVATELINK_ENDPOINT": boolean,
}
READERS: dict[str, Reader] = {**EXTERNAL, "ENCRYPTION": _encryption, "DIRECTORY": _directory}


def cloud(url: str) -> str:
    """AWS, GCP or AZURE; nothing for an internal stage. Raises SqlError for what is no URL of a cloud."""
    if not url:
        return ""
    scheme, mark, rest = url.partition("://")
    if not mark or not rest or scheme not in _SCHEMES:
        raise sqlerror.malformed(f"invalid URL prefix found in: '{url}'")
    return _SCHEMES[scheme]


def integration(context: Context, category: str, wanted: str) -> Entry:
    """A STORAGE or NOTIFICATION integration, which the roles may use. Raises 002003, 003001."""
    for entry in context.catalog.children(ACCOUNT, "INTEGRATION"):
        if entry.name == wanted and entry.get("category") == category:
            return context.require(entry, "USAGE")
    raise sqlerror.does_not_exist("Integration", wanted, container=True)


def checked(context: Context, stage: Entry, old: Entry | None = None) -> Entry:
    """The stage as it may be stored. Raises SqlError for properties that do not go together.

    What a stage has from before is not looked up again: it may have been dropped.
    """
    url = str(stage.get("url") or "")
    where = cloud(url)
    if not where:
        _internal(stage)
    elif "storage_integration" in stage.properties:
        if stage.get("credentials"):
            raise _conflict("STORAGE_INTEGRATION", "CREDENTIALS")
        if stage.get("use_privatelink_endpoint"):
            raise sqlerror.malformed(
                "Integration based stages are not allowed to be altered to use privatelink endpoint. "
                "Please alter the storage integration instead."
            )
        if old is None or any(old.get(each) != stage.get(each) for each in ("storage_integration", "url")):
            _check_location(integration(context, "STORAGE", str(stage.get("storage_integration"))), url)
    _check_endpoint(stage, url)
    _check_credentials(stage, where)
    _check_encryption(stage, where)
    _check_directory(context, stage, where, old)
    return stage


def _conflict(first: str, second: str) -> SqlError:
    return sqlerror.malformed(f"Properties {first} and {second} cannot be used together.")


def _internal(stage: Entry) -> None:
    for given in EXTERNAL:
        if given != "URL" and given.lower() in stage.properties:
            raise sqlerror.invalid_property(given, "STAGE")


def _check_endpoint(stage: Entry, url: str) -> None:
    if url.startswith("s3compat://") != bool(stage.get("endpoint")) and url:
        raise sqlerror.malformed("ENDPOINT is for s3compat:// URLs, which want one.")


def _check_credentials(stage: Entry, where: str) -> None:
    given = set(stage.get("credentials", ()))
    for each in sorted(given.difference(_CREDENTIALS.get(where, ()))):
        raise sqlerror.invalid_property(each, "CREDENTIALS")
    if "AWS_ROLE" in given and len(given) > 1:
        raise _conflict("AWS_ROLE", min(given - {"AWS_ROLE"}))


def _check_encryption(stage: Entry, where: str) -> None:
    encryption: Mapping[str, Any] = stage.get("encryption") or {}
    kind = encryption.get("TYPE", "")
    if kind and kind not in _ENCRYPTIONS[where]:
        raise sqlerror.invalid_value(kind, "ENCRYPTION")
    if not where and encryption.get("KEY"):
        raise sqlerror.invalid_property("MASTER_KEY", "ENCRYPTION")
    if kind.endswith("_CSE") and not encryption.get("KEY"):
        raise sqlerror.malformed(f"ENCRYPTION TYPE = {kind} wants a MASTER_KEY.")


def _check_location(found: Entry, url: str) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-storage-integration"""
    location = url.rstrip("/") + "/"

    def among(listed: Iterable[str]) -> bool:
        return any(each == "*" or location.startswith(each.rstrip("/") + "/") for each in listed)

    values: Mapping[str, Any] = found.get("values")
    allowed, blocked = (values.get(f"STORAGE_{word}_LOCATIONS") or () for word in ("ALLOWED", "BLOCKED"))
    if not among(allowed) or among(blocked):
        raise sqlerror.malformed(
            f"Location '{url}' is not allowed by integration '{found.name}'. Please use DESC INTEGRATION to "
            "check out allowed and blocked locations."
        )


def _check_directory(context: Context, stage: Entry, where: str, old: Entry | None) -> None:
    directory: Mapping[str, Any] = stage.get("directory") or {}
    if directory and "ENABLE" not in directory:
        raise sqlerror.malformed("DIRECTORY = ( … ) wants ENABLE.")
    allowed = {"": (), "AWS": ("AWS_SNS_TOPIC", "REFRESH_ON_CREATE")}.get(
        where, ("NOTIFICATION_INTEGRATION", "REFRESH_ON_CREATE")
    )
    for key in ("AWS_SNS_TOPIC", "NOTIFICATION_INTEGRATION", "REFRESH_ON_CREATE"):
        if key in directory and key not in allowed:
            raise sqlerror.invalid_property(key, "DIRECTORY")
    if "NOTIFICATION_INTEGRATION" in directory and (old is None or old.get("directory") != directory):
        integration(context, "NOTIFICATION", str(directory["NOTIFICATION_INTEGRATION"]).upper())


def has_key(stage: Entry) -> bool:
    """`has_encryption_key` of SHOW STAGES: whether an external stage is encrypted with a key."""
    encryption = stage.get("encryption") or {}
    return bool(stage.get("url")) and (encryption.get("TYPE") in _WITH_KEY or bool(encryption.get("KEY")))
