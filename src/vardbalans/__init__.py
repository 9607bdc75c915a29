"""Vårdbalans: production and capacity management in health care, on one explainable chain."""
