"""Waiting lists: the identity that must hold, and the steady state in formulas."""

from typing import Literal

__all__ = ["Goal"]

Goal = Literal["guarantee", "hold", "halve"]
"""What the production of a list is to reach: the legal limit, the list as it is, half of it."""
