"""Tokens that open something here: of each only the hash is kept."""

import hashlib

__all__ = ["hashed"]


def hashed(token: str) -> str:
    """Return what is kept of *token*, which is long and random."""
    return hashlib.sha256(token.encode()).hexdigest()
