"""SIE types 1 to 4, text files from accounting systems. Source: SIE-gruppen, file format SIE 4B.

Vouchers become rows of ``ledger`` and the budget rows of ``budget``. Balances are read and counted, never added to the
transactions: they tell the same amounts once more. Type 5 is XML, another format, and is refused.
"""

from vardbalans.data.read.sie.reader import read_sie
from vardbalans.data.read.sie.summary import summary

__all__ = ["read_sie", "summary"]
