"""Persons with a confidentiality mark or a protected registration (sekretessmarkering, skyddad folkbokföring).

The rule of every list of persons: a protected one is never shown with a place of care - no unit, service, clinic, ward,
theatre or resource, nor a time from which one can be told. Counts and sums include them. Source: HL7 Sweden's security
labels ``sekretessmarkering`` and ``skyddadFolkbokforing``; offentlighets- och sekretesslagen (2009:400) 22 kap. 1 §.
"""

from contextlib import closing

from vardbalans.data.lake import Lake

__all__ = ["protected_patients"]


def protected_patients(lake: Lake, version: int | None = None) -> frozenset[str] | None:
    """Return the keys of protected patients as of *version* (head where None).

    None where the store does not know (no table of patients): then everyone counts as protected.
    """
    at = lake.head() if version is None else lake.version(version)
    if at is None or "patients" not in at.tables:
        return None
    with closing(lake.connect(at.number)) as con:
        return frozenset(key for (key,) in con.sql("SELECT patient_key FROM patients WHERE protected").fetchall())
