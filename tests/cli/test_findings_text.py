"""What a command says of its findings: the first of many that are alike, and how many more there are."""

from vardbalans.cli_text import ALIKE, findings_text


def finding(row, code="ambiguous_time", severity="warning", message="Fel."):
    return {"file": "a.csv", "row": row, "column": "starts_at", "code": code, "severity": severity, "message": message}


def test_of_many_rows_with_the_same_fault_the_first_are_shown_and_the_rest_counted():
    said = findings_text([finding(row) for row in range(1, 51)]).splitlines()
    assert said[:ALIKE] == [f"warning: a.csv:{row}:starts_at: Fel. [ambiguous_time]" for row in range(1, ALIKE + 1)]
    assert said[ALIKE:] == [
        f"warning: a.csv:starts_at: … och {50 - ALIKE} rader till; alla står i svaret med --json. [ambiguous_time]"
    ]


def test_a_line_is_not_saved_by_a_line():
    assert len(findings_text([finding(row) for row in range(ALIKE + 1)]).splitlines()) == ALIKE + 1


def test_other_faults_between_them_are_all_there():
    rows = [finding(1, "unknown_unit", "error"), *(finding(row) for row in range(2, 40)), finding(40, "late", "info")]
    said = findings_text(rows).splitlines()
    assert said[0].startswith("error: a.csv:1:")
    assert said[-1].startswith("info: a.csv:40:")
    assert len(said) == ALIKE + 3


def test_sentences_about_a_whole_file_are_each_their_own():
    rows = [finding(None, message=f"Mening {n}.") for n in range(30)]
    assert len(findings_text(rows).splitlines()) == 30
