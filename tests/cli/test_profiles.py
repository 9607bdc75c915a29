"""Profiles on the command line: the list, a suggestion that is kept, and a trial of it."""

from vardbalans.cli import run

LIST = (
    "Remissnummer;Pnr;Mottagning;Vårdutbud;Remissdatum;Borttagen datum;Borttagsorsak\n"
    "1001;P1;ORT;Knä;17/05/2026;;\n1002;P2;ORT;Höft;03/04/2026;17/04/2026;Utförd\n"
)


def test_profiles_without_a_word_more_lists_them(call, tmp_path):
    code, found = call("profiles", "--store", tmp_path)
    assert code == 0
    assert found["own"] == found["findings"] == []
    names = [row["profile"] for row in found["profiles"]]
    assert {"nhs-rtt-flow", "nhs-rtt-weekbands", "par", "vantelista"} <= set(names)
    assert {tuple(row) for row in found["profiles"]} == {("profile", "description")}


def test_a_suggestion_is_kept_found_and_tried(call, tmp_path, capsys):
    path = tmp_path / "lista.csv"
    path.write_text(LIST, encoding="utf-8")
    code, found = call("profiles", "suggest", path, "--out", "var-lista", "--store", tmp_path / "store")
    assert (code, found["table"], found["missing"], found["findings"]) == (0, "referrals", [], [])
    assert {column["column"]: column["header"] for column in found["columns"]}["issued"] == "Remissdatum"
    assert (tmp_path / "store/profiles/var-lista.toml").read_text(encoding="utf-8") == found["text"]
    _, listed = call("profiles", "--store", tmp_path / "store")
    assert listed["own"] == ["var-lista"]
    code, tried = call("profiles", "check", "var-lista", path, "--store", tmp_path / "store")
    assert (code, tried["rows"], tried["findings"]) == (0, {"referrals": 2}, [])
    path.write_text(LIST.replace("Utförd", "Makulerad"), encoding="utf-8")
    code, tried = call("profiles", "check", "var-lista", path, "--store", tmp_path / "store")
    assert (code, [row["code"] for row in tried["findings"]]) == (3, ["unmapped_value"])


def test_a_suggestion_is_printed_as_it_would_be_kept(tmp_path, capsys):
    path = tmp_path / "lista.csv"
    path.write_text(LIST, encoding="utf-8")
    assert run(["profiles", "suggest", str(path), "--table", "referrals", "--store", str(tmp_path / "store")]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("# Förslag till tabellen referrals")
    assert '[output.columns]\nreferral_id = "{referral_id}"' in printed.out
    assert not (tmp_path / "store").exists()


def test_what_goes_wrong_is_a_sentence(tmp_path, capsys):
    path = tmp_path / "lista.csv"
    path.write_text(LIST, encoding="utf-8")
    for arguments, told in (
        (["suggest", str(tmp_path / "saknas.csv")], "finns inte"),
        (["suggest", str(path), "--table", "listor"], "Tabellen listor finns inte"),
        (["suggest", str(path), "--out", "../ute"], "kan inte vara namn på en profil"),
        (["check", "okänd", str(path)], "Profilen okänd finns inte"),
    ):
        assert run(["profiles", *arguments, "--store", str(tmp_path / "store")]) == 3
        assert told in capsys.readouterr().err
    assert not (tmp_path / "store").exists()
