"""What can go wrong with keys and sealed originals; all are BadInput, with a sentence that says what to do.

::

    BadInput
    ├── KeyMissing    there is no key, none can be made, or it cannot be read
    ├── KeyUnsound    the key's file is malformed, open to others, or inside the store
    ├── WrongKey      the key is not the one that the store was made with
    └── SealBroken    a kept original is not as it was sealed
"""

from vardbalans.engine.errors import BadInput

__all__ = ["KeyMissing", "KeyUnsound", "SealBroken", "WrongKey"]


class KeyMissing(BadInput):
    """There is no key, none can be made, or it cannot be read."""


class KeyUnsound(BadInput):
    """The key's file is malformed, open to others, or inside the store."""


class WrongKey(BadInput):
    """The key is not the one that the store was made with."""


class SealBroken(BadInput):
    """A kept original was changed, cut, or sealed with another key."""
