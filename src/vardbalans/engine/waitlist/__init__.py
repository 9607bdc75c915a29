"""Waiting lists: the identity that must hold, and the steady state in formulas."""
