"""Which file it is: encoding, checksum, type, and what is no SIE file at all."""

import zlib
from pathlib import Path

import pytest

from tests.data.sie_text import HEAD, VOUCHER, codes, drafts
from vardbalans.data.read import Limits, read_file
from vardbalans.data.read.sie.checksum import sum_of

SWEDISH = HEAD + VOUCHER.replace("Lön", "Sjuklön på Åre")


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("cp437", None),
        ("latin-1", "ISO 8859-1"),
        ("cp1252", "Windows-1252"),
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
    ],
)
def test_the_encoding_is_told_from_the_letters_not_from_the_label(
    encoding: str, told: str | None, tmp_path: Path
) -> None:
    """Every one of these files says PC8; four of them are not."""
    text = SWEDISH.replace("januari", "januari – “rätt”") if encoding == "cp1252" else SWEDISH
    (draft,) = drafts(tmp_path, text, encoding)
    assert draft.rows["text"].to_pylist()[0].startswith("Sjuklön på Åre januari")
    assert codes([draft]) == (["encoding_told"] if told else [])
    assert told is None or f"lästes som {told}." in str(draft.findings[0].message)


@pytest.mark.parametrize(
    ("said", "encoding"), [("UTF-8", "utf-8"), ("ISO 8859-1", "latin-1"), ("ANSI", "cp1252"), ("PC 8", "cp437")]
)
def test_an_encoding_that_the_file_owns_up_to_is_not_told(said: str, encoding: str, tmp_path: Path) -> None:
    assert codes(drafts(tmp_path, SWEDISH.replace("PC8", f'"{said}"'), encoding)) == []
    assert codes(drafts(tmp_path, SWEDISH.replace("PC8", "EBCDIC"), encoding)) == ["encoding_told"]


def test_a_file_without_swedish_letters_reads_the_same_in_all_encodings(tmp_path: Path) -> None:
    ascii_only = HEAD.replace("Å", "A").replace("ä", "a") + VOUCHER.replace("ö", "o")
    assert codes(drafts(tmp_path, ascii_only.replace("PC8", "UTF8"), "ascii")) == []


def test_utf_8_is_known_without_any_swedish_letter(tmp_path: Path) -> None:
    ascii_only = HEAD.replace("Å", "A").replace("ä", "a") + VOUCHER.replace("Lön", "Hyra – mars")
    (draft,) = drafts(tmp_path, ascii_only, "utf-8")
    assert draft.rows["text"].to_pylist()[0] == "Hyra – mars januari"
    assert codes([draft]) == ["encoding_told"]


def test_text_that_is_nearly_utf_8_is_read_as_it_and_told(tmp_path: Path) -> None:
    """One broken byte does not turn all å, ä and ö of a file into something else."""
    path = tmp_path / "ledger.se"
    path.write_bytes((SWEDISH + "#PROSA åäö\n").encode().replace(b"januari", b"janu\xffari"))
    (draft,) = read_file(path)
    assert codes([draft]) == ["encoding_told", "unreadable_characters"]
    assert draft.rows["text"].to_pylist()[0] == "Sjuklön på Åre janu\ufffdari"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_as_one(newline: str, tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, (HEAD + VOUCHER).replace("\n", newline) + "\x1a")
    assert draft.findings == []
    assert draft.rows["_row"].to_pylist() == [10, 11]


def _summed(lines: list[str], said: object) -> str:
    return "\n".join(["#FLAGGA 0", "#KSUMMA", *lines, f"#KSUMMA {said}", ""])


LINES = (HEAD.removeprefix("#FLAGGA 0\n") + VOUCHER.replace("Lön", 'Lön {på} "Åre"'.replace('"', '\\"'))).splitlines()
"""A file with white space, braces and quotation marks inside texts and outside them."""


def test_the_sum_is_of_labels_and_fields_only() -> None:
    """Worked by hand. White space and braces count inside a text, and a written quotation mark as one."""
    assert sum_of(['#VER A 1 20250131 "Lön {på} \\"Åre\\""', "{", '#TRANS 4011 {1 "31 10"} 5.00', "}"]) == zlib.crc32(
        '#VERA120250131Lön {på} "Åre"#TRANS4011131 105.00'.encode("cp437")
    )


@pytest.mark.parametrize("signed", [False, True])
def test_a_right_sum_says_nothing(signed: bool, tmp_path: Path) -> None:
    """Tabs for spaces or another flag do not change it; some programs write it as a signed number."""
    said = sum_of(LINES) - ((1 << 32) if signed else 0)
    text = _summed([line.replace("#TRANS ", "#TRANS\t ") for line in LINES], said).replace("#FLAGGA 0", "#FLAGGA 1")
    assert codes(drafts(tmp_path, text)) == ["already_read"]


def test_a_sum_without_any_white_space_is_as_good(tmp_path: Path) -> None:
    """The standard's words leave room for it."""
    bare = "".join(LINES).replace('\\"', "~").translate(str.maketrans("", "", ' \t{}"')).replace("~", "")
    assert codes(drafts(tmp_path, _summed(LINES, zlib.crc32(bare.encode("cp437"))))) == []


def test_a_sum_of_the_bytes_as_saved_is_as_good(tmp_path: Path) -> None:
    lines = ["#FORMAT UTF-8", "#SIETYP 4", "#RAR 0 20250101 20251231", "#FNAMN Åre"]
    said = zlib.crc32("".join(lines).replace(" ", "").encode())
    assert codes(drafts(tmp_path, _summed(lines, said), "utf-8")) == ["no_rows"]


def test_a_changed_file_has_a_wrong_sum(tmp_path: Path) -> None:
    """An amount moved from one account to another balances; the sum tells. The last #KSUMMA is where it stands."""
    changed = [line.replace("4011", "4012") for line in LINES]
    (draft,) = drafts(tmp_path, _summed(changed, sum_of(LINES)))
    assert [(item.code, item.severity, item.row) for item in draft.findings] == [
        ("checksum_wrong", "warning", len(LINES) + 3)
    ]
    assert codes(drafts(tmp_path, _summed(LINES, "9" * 5000))) == ["checksum_wrong"]


def test_a_sum_without_its_first_line_is_of_all_but_the_flag(tmp_path: Path) -> None:
    """The receiver sets the flag when it has read the file."""
    for flag in "01":
        lines = [f"#FLAGGA {flag}", *LINES, f"#KSUMMA {sum_of(LINES)}", ""]
        assert "checksum_wrong" not in codes(drafts(tmp_path, "\n".join(lines)))


def test_a_sum_that_was_begun_and_is_not_there_means_a_file_cut_off(tmp_path: Path) -> None:
    text = "\n".join(["#FLAGGA 0", "#KSUMMA", *LINES, ""])
    (draft,) = drafts(tmp_path, text)
    assert [(item.code, item.severity, item.row) for item in draft.findings] == [("checksum_lost", "error", 2)]


@pytest.mark.parametrize(
    ("content", "code", "severity"),
    [
        ("", "empty_file", "error"),
        (" \r\n\t\n", "empty_file", "error"),
        ("<html><body>Logga in</body></html>", "not_sie", "error"),
        ("konto;belopp\n4011;12\n", "not_sie", "error"),
        ('<?xml version="1.0"?>\n<Sie xmlns="http://www.sie.se/sie5">', "sie_type_5", "error"),
        ('<?xml version="1.0"?>\n<sie:SieEntry>', "sie_type_5", "error"),
        (HEAD.replace("#SIETYP 4", "#SIETYP 5"), "sie_type_5", "error"),
        (HEAD + "#PROSA " + "x" * (3 << 20), "long_line", "error"),
        (HEAD, "no_rows", "warning"),
        (HEAD.replace("#SIETYP 4", "#SIETYP 1") + "#IB 0 1930 5.00\n#UB 0 1930 5.00\n", "no_rows", "warning"),
    ],
)
def test_files_without_vouchers(content: str, code: str, severity: str, tmp_path: Path) -> None:
    """Empty, another format under an SIE name, damaged, or balances only (type 1)."""
    (draft,) = drafts(tmp_path, content)
    assert [(item.code, item.severity) for item in draft.findings] == [(code, severity)]
    assert not draft.rows.num_rows


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.se"
    path.write_text(HEAD + VOUCHER, encoding="cp437")
    assert codes(read_file(path, limits=Limits(100, 100))) == ["too_large"]


def test_unknown_labels_are_counted_and_told_once(tmp_path: Path) -> None:
    """A label of a later version, or of one program, stops nothing."""
    (draft,) = drafts(tmp_path, HEAD + "#NYTT 1\n#EGET\n#NYTT 2\n" + VOUCHER)
    assert [(item.code, item.severity) for item in draft.findings] == [("unknown_labels", "info")]
    assert "#NYTT (2), #EGET (1)" in str(draft.findings[0].message)


def test_a_line_without_a_label_is_an_error(tmp_path: Path) -> None:
    assert codes(drafts(tmp_path, HEAD + "2025-01-31;4011;12\n" + VOUCHER)) == ["bad_line"]


def test_what_an_import_does_not_need_stops_nothing(tmp_path: Path) -> None:
    """A balance or a flag that cannot be read is told as a warning; accounts are not looked at."""
    (draft,) = drafts(tmp_path, HEAD + "#FLAGGA ja\n#IB 0 1930 tolv\n#KONTO\n" + VOUCHER)
    assert [(item.code, item.severity) for item in draft.findings] == [("odd_line", "warning")] * 2
    assert len(draft.rows) == 2
