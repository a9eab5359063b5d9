"""Passwords, kept as salted hashes only."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def hashed(password: str) -> str:
    """What is stored of a password."""
    salt = secrets.token_hex(8)
    return f"{salt}:{_digest(password, salt)}"


def matches(password: str, stored: str) -> bool:
    """Whether it is the password that was hashed."""
    salt, _, digest = stored.partition(":")
    return hmac.compare_digest(_digest(password, salt), digest)


def _digest(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=1024, r=8, p=1).hex()
