"""Key-pair login: a signed token proves that the client has the private key.

https://docs.snowflake.com/en/user-guide/key-pair-auth
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterable
from typing import Any

from snowmaker.sandbox.sqlerror import SqlError

_LEEWAY = 60  # seconds by which clocks may differ
_LIFETIME = 3600  # a token that is older is refused whatever it says of itself
_HASHES = {"RS256": "SHA256", "RS384": "SHA384", "RS512": "SHA512"}


def fingerprint(public_key: str) -> str | None:
    """The RSA_PUBLIC_KEY_FP of a user's RSA_PUBLIC_KEY; None where the text is no public RSA key."""
    key = _loaded(public_key)
    return None if key is None else _fingerprint(key)


def verify(token: str, account: str, user: str, public_keys: Iterable[str]) -> None:
    """Check a login's token against the keys of its user. Raises SqlError 390144 and says no more, as Snowflake."""
    keys = [key for key in map(_loaded, public_keys) if key is not None]
    if not keys or not _valid(token, account.upper(), user.upper(), keys):
        raise invalid()


def invalid() -> SqlError:
    """https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting"""
    return SqlError(390144, "08001", f"JWT token is invalid. [{uuid.uuid4()}]")


def _valid(token: str, account: str, user: str, keys: list[Any]) -> bool:
    try:
        signed, _, signature = token.rpartition(".")
        header, _, payload = signed.partition(".")
        told, claims = json.loads(_bytes(header)), json.loads(_bytes(payload))
        issuer, subject = str(claims["iss"]), str(claims["sub"])
        issued, expires = float(claims.get("iat", 0)), float(claims["exp"])
        algorithm = _HASHES[told["alg"]]
        proof = _bytes(signature)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    now = time.time()
    if not issued - _LEEWAY <= now < expires or now - issued > _LIFETIME + _LEEWAY:
        return False
    if subject != f"{account}.{user}":
        return False
    named = [key for key in keys if _same(issuer, f"{subject}.{_fingerprint(key)}")]
    return any(_signs(key, proof, signed.encode(), algorithm) for key in named)


def _signs(key: Any, proof: bytes, signed: bytes, algorithm: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    try:
        key.verify(proof, signed, PKCS1v15(), getattr(hashes, algorithm)())
    except InvalidSignature:
        return False
    return True


def _loaded(public_key: str) -> Any:
    """A key as users have it: the body of a PEM file, with or without its first and last line."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    body = "".join(line for line in public_key.split("\n") if "-----" not in line)
    try:
        key = load_der_public_key(base64.b64decode("".join(body.split()), validate=True))
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def _fingerprint(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def _same(first: str, second: str) -> bool:
    return hmac.compare_digest(first.encode(), second.encode())


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
