"""Who is protected is known as of a version, and not known where no one has said."""

from datetime import UTC, datetime
from pathlib import Path

from tests.data.lake_rows import contacts, rows
from vardbalans.data.lake import Lake
from vardbalans.data.protection import protected_patients

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_protected_patients_as_of_a_version(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert protected_patients(lake) is None
    lake.commit({"contacts": contacts([1])}, by="Ada", at=AT)
    assert protected_patients(lake) is None
    for protected in (("P1",), ("P2", "P3")):
        patients = [{"patient_key": key, "protected": key in protected} for key in ("P1", "P2", "P3", "P4")]
        lake.commit({"patients": rows("patients", patients)}, by="Ada", at=AT)
    assert protected_patients(lake) == {"P2", "P3"}
    assert protected_patients(lake, 2) == {"P1"}
    assert protected_patients(lake, 1) is None
