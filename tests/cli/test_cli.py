"""The command line keeps its contract: keys, exit codes, one JSON document on stdout and nothing else there."""

import json
import shutil
import subprocess
import sys

import pytest

from vardbalans.cli import run
from vardbalans.data import demo

CODES = {"done": 0, "usage": 2, "bad_input": 3}


def test_capacity_gives_the_published_number_and_its_split(call):
    code, found = call(
        "capacity",
        "--sets",
        3,
        "--minutes",
        420,
        "--utilisation",
        0.8,
        "--mean-minutes",
        90,
        "--before",
        "3,420,0.75,90",
    )
    assert code == 0
    assert (found["capacity"], found["before"]) == (11.2, 10.5)
    assert sum(found["parts"].values()) == pytest.approx(found["change"], rel=1e-12)
    assert found["sensitivities"]["mean_minutes"] == -1


def test_waitlist_formula_gives_only_what_its_inputs_allow(call):
    _, found = call("waitlist", "formula", "--demand", 30, "--capacity", 27)
    assert set(found) == {"load", "findings"}
    _, found = call("waitlist", "formula", "--demand", 30, "--queue", 1200, "--target-queue", 390, "--weeks", 26)
    assert found["relief_capacity"] == pytest.approx(61.153846, abs=1e-6)
    assert found["relief_needed"] is True


def test_waitlist_formula_tells_people_what_each_figure_is(capsys):
    given = ["--demand", "30", "--capacity", "27", "--target-weeks", "52", "--queue", "700", "--weeks", "26"]
    assert run(["waitlist", "formula", *given, "--mean-wait", "63"]) == 0
    out = capsys.readouterr().out
    assert [word in out for word in ("1,11", "13,00", "390,00", "30,08", "2,42", "41,92")] == [True] * 6
    assert "Avlastning behövs inte" in out
    assert "under noll" not in out


def test_waitlist_formula_says_what_a_relief_below_zero_means(call, capsys):
    given = ("waitlist", "formula", "--demand", "30", "--target-weeks", "52", "--queue", "10", "--weeks", "1")
    _, found = call(*given)
    assert found["relief_capacity"] == 30 + (10 - 390) / 1
    assert run(list(given)) == 0
    out = capsys.readouterr().out
    assert "-350,00" in out
    assert "också om ingen behandlas är listan kortare än målet" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["capacity", "--sets", "3"], "usage"),
        (["balance", "--goal", "wish"], "usage"),
        (["no-such-command"], "usage"),
        (["capacity", "--sets", "3", "--minutes", "420", "--utilisation", "1.5", "--mean-minutes", "90"], "bad_input"),
        (
            [
                "capacity",
                "--sets",
                "3",
                "--minutes",
                "420",
                "--utilisation",
                "1",
                "--mean-minutes",
                "9",
                "--before",
                "1,2",
            ],
            "bad_input",
        ),
        (["balance", "--store", "/nonexistent/store"], "bad_input"),
        (["check", "/nonexistent/file.csv"], "bad_input"),
    ],
)
def test_exit_codes_and_a_sentence_on_stderr(arguments, code, capsys):
    assert run(arguments) == CODES[code]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip()
    assert "Traceback" not in printed.err


def test_the_demo_imports_without_an_error_and_twice_changes_nothing(call, demo_folder, store):
    code, first = call("import", demo_folder, "--store", store)
    assert code == 0
    assert [row for row in first["findings"] if row["severity"] == "error"] == []
    assert first["version"] == 1
    assert {counts["new"] + counts["changed"] for counts in first["tables"].values()} == {0}


def test_the_demo_is_reset_and_only_where_the_store_holds_it(call, demo_folder, tmp_path, monkeypatch):
    store, folder = tmp_path / "store", tmp_path / "demo"
    monkeypatch.setattr(demo, "write", lambda at, *_more: [shutil.copy(demo_folder / "organisation.xlsx", at)])
    monkeypatch.setattr(demo, "write_dirty", lambda *_more: [])
    folder.mkdir()
    reset = ["demo", folder, "--reset", "--store", store]
    assert call(*reset)[1]["version"] == 1
    (store / "mine").touch()
    assert call(*reset)[1]["version"] == 1
    assert not (store / "mine").exists()
    assert len(list(tmp_path.glob("store-*/mine"))) == 1, "what was there is kept"
    other = tmp_path / "units.csv"
    other.write_text("unit_id;name;level\nX;Annan region;region\n", encoding="utf-8")
    assert call("import", other, "--store", tmp_path / "theirs")[0] == 0
    assert call("demo", folder, "--reset", "--store", tmp_path / "theirs")[0] == 3
    assert (tmp_path / "theirs").is_dir()


def test_a_preview_is_approved_by_its_fingerprint(call, demo_folder, tmp_path):
    """What the dry run showed is what is stored; after someone else's import it must be looked at anew."""
    files = [demo_folder / "organisation.xlsx", "--store", tmp_path / "store"]
    code, shown = call("import", *files, "--dry-run")
    assert (code, shown["version"]) == (0, None)
    code, _ = call("import", *files, "--preview", "0" * 64)
    assert code == CODES["bad_input"]
    code, stored = call("import", *files, "--preview", shown["preview"])
    assert (code, stored["version"], stored["preview"]) == (0, 1, shown["preview"])
    code, again = call("import", *files, "--preview", shown["preview"])
    assert (code, [row["code"] for row in again["findings"]]) == (CODES["bad_input"], ["file_changed"])


def test_a_preview_tells_the_totals_it_would_change(call, demo_folder, tmp_path):
    _, found = call("import", demo_folder, "--store", tmp_path / "store", "--dry-run")
    rows = [row for row in found["months"] if row["table"] == "contacts"]
    assert sum(row["after"] for row in rows) == found["tables"]["contacts"]["rows"]
    assert {row["before"] for row in rows} == {0}


def test_every_planted_fault_is_found_where_it_was_planted_and_nothing_is_stored(call, demo_folder, tmp_path):
    dirty = demo_folder.with_name("demo-dirty")
    planted = json.loads((dirty / "dirty_truth.json").read_text(encoding="utf-8"))
    planted = [row for row in planted if row["found_by"] == "import"]
    assert len(planted) > 20
    code, found = call("import", dirty, "--store", tmp_path)
    places = {(row["file"], row["row"], row["column"], row["code"]) for row in found["findings"]}
    assert code == 3
    assert {(row["file"], row["row"], row["column"], row["code"]) for row in planted} <= places
    assert found["version"] is None
    assert not (tmp_path / "lake" / "_versions").exists()


def test_the_balance_has_the_contract_and_its_steps_sum(call, store):
    code, found = call("balance", "--store", store, "--draws", 200)
    assert code == 0
    keys = {
        "unit_id",
        "resource_id",
        "week",
        "required_minutes",
        "available_minutes",
        "balance_minutes",
        "shifts",
        "fte",
        "p_short",
        "bottleneck",
    }
    assert keys <= set(found["rows"][0])
    assert len(found["steps"]) == 2 * len(found["rows"])
    by_place = {(row["unit_id"], row["resource_id"], row["week"]): row for row in found["rows"]}
    for step in found["steps"]:
        row = by_place[step["unit_id"], step["resource_id"], step["week"]]
        assert step["value"] == row[step["figure"]]
        assert sum(term["value"] for term in step["terms"]) == pytest.approx(step["value"], abs=1e-3)
        assert step["remainder"] == 0
    for row in found["rows"]:
        assert row["balance"] == pytest.approx(row["available"] - row["required"], abs=2e-6)
        assert 0 <= row["p_short"] <= 1
        assert (row["shifts"] > 0) == (row["balance"] < -1e-3)


def test_what_was_planted_shows_in_the_balance(call, store):
    """Orthopaedic theatres are planted short, the eye clinic with slack."""
    _, found = call("balance", "--store", store, "--draws", 50)
    total = {}
    for row in found["rows"]:
        asked, given = total.get(row["resource_id"], (0, 0))
        total[row["resource_id"]] = (asked + row["required"], given + row["available"])
    assert total["ORT-A-SAL"][0] > 1.15 * total["ORT-A-SAL"][1]
    assert total["OGO-A-SAL"][0] < 0.95 * total["OGO-A-SAL"][1]


def test_what_will_be_short_is_warned_for_in_time(call, store, capsys):
    _, found = call("balance", "--store", store, "--draws", 200)
    assert found["warning_rule"]["ahead_weeks"] == 4
    assert found["warnings"]
    for row in found["warnings"]:
        assert row["weeks_left"] == found["weeks"].index(row["first_week"]) >= 4
        assert row["low"] <= row["size"] <= row["high"]
        assert 0.5 < row["certainty"] <= 1
        assert row["why"]["value"] == pytest.approx(row["size"], abs=1e-3)
        assert row["why"]["remainder"] == pytest.approx(0, abs=1e-3)
    weights = [row["weight"] for row in found["warnings"]]
    assert weights == sorted(weights, reverse=True)
    _, below = call("balance", "--store", store, "--draws", 200, "--unit", "K-ORT-A")
    mine = {"K-ORT-A", "M-ORT-A", "O-ORT-A", "V-ORT-A"}
    assert below["warnings"] == [row for row in found["warnings"] if row["unit_id"] in mine]
    assert run(["balance", "--store", str(store), "--draws", "200"]) == 0
    assert "Tidig varning (risk för brist över 70 % i minst 3 veckor i rad" in capsys.readouterr().out


def test_one_seed_gives_the_same_bytes_and_another_moves_draws_only(store):
    def printed(seed):
        command = [
            sys.executable,
            "-m",
            "vardbalans.cli",
            "balance",
            "--json",
            "--draws",
            "100",
            "--seed",
            str(seed),
            "--store",
            str(store),
        ]
        return subprocess.run(command, capture_output=True, check=True).stdout

    one, again, other = printed(1), printed(1), printed(2)
    assert one == again
    first, second = json.loads(one)["rows"], json.loads(other)["rows"]
    assert [row["required"] for row in first] == [row["required"] for row in second]
    assert [row["available"] for row in first] == [row["available"] for row in second]
    assert [row["p_short"] for row in first] != [row["p_short"] for row in second]


def test_a_unit_is_shown_with_those_below_it_and_an_unknown_one_is_refused(call, store, capsys):
    _, found = call("balance", "--store", store, "--draws", 20, "--unit", "K-ORT-A")
    assert {row["unit_id"] for row in found["rows"]} == {"K-ORT-A", "M-ORT-A", "O-ORT-A", "V-ORT-A"}
    assert run(["balance", "--store", str(store), "--draws", "20", "--unit", "K-NO-SUCH"]) == 3
    assert "K-NO-SUCH" in capsys.readouterr().err


def test_a_year_is_planned_by_its_iso_weeks(call, store):
    _, found = call("balance", "--store", store, "--draws", 20, "--year", 2027)
    assert (found["weeks"][0], found["weeks"][-1], len(found["weeks"])) == ("2027-W01", "2027-W52", 52)


def test_doctor_says_when_a_stored_file_has_changed(call, store, tmp_path):
    copy = tmp_path / "store"
    shutil.copytree(store, copy)
    assert call("doctor", "--store", copy)[0] == 0
    original = next(path for path in (copy / "originals").rglob("*") if path.is_file())
    original.write_bytes(original.read_bytes() + b" ")
    code, found = call("doctor", "--store", copy)
    assert code == 3
    assert [item["kind"] for item in found["mismatches"]] == ["original"]


def test_templates_and_profiles(call, tmp_path, capsys):
    assert run(["templates", str(tmp_path)]) == 0
    capsys.readouterr()
    assert len(list(tmp_path.rglob("*.csv"))) >= 25
    _, found = call("profiles")
    assert "nhs-rtt-flow" in {row["profile"] for row in found["profiles"]}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("balance", "--store", "/nonexistent/store"), "bad_input"),
        (("import", "/nonexistent/file.csv"), "no_such_path"),
        (("waitlist", "formula", "--demand", "30", "--capacity", "0"), "bad_input"),
        (("waitlist", "formula", "--demand", "30"), "bad_input"),
        (("waitlist", "formula", "--demand", "nan", "--capacity", "27"), "bad_input"),
        (("waitlist", "formula", "--demand", "-5", "--capacity", "27"), "bad_input"),
        (("waitlist", "formula", "--demand", "5", "--queue", "-1", "--target-queue", "9"), "bad_input"),
        (("waitlist", "formula", "--demand", "5", "--queue", "1", "--target-queue", "nan"), "bad_input"),
    ],
)
def test_an_error_is_one_json_document_too(call, arguments, code):
    status, found = call(*arguments)
    assert status == 3
    assert [(row["severity"], row["code"]) for row in found["findings"]] == [("error", code)]
    assert found["findings"][0]["message"]


def test_every_missing_factor_is_a_finding_of_its_own(call, tmp_path):
    files = {
        "units": "unit_id;name;level\nU;Enheten;clinic\n",
        "services": "service_id;name;unit_id;kind;guarantee\nA;Besök;U;first_visit;none\n",
        "resources": "resource_id;name;unit_id;kind;shift_minutes\nR;Rum;U;room;480\nS;Sal;U;room;480\n",
        "recipes": "service_id;resource_id;minutes;per;valid_from\n"
        "A;R;45;activity;2020-01-01\nA;S;45;activity;2020-01-01\n",
        "utilisation": "resource_id;share;valid_from\nR;0,8;2020-01-01\n",
        "openings": "resource_id;weekday;sets;minutes;open_holidays;valid_from\nR;1;1;420;nej;2020-01-01\n",
        "counts": "series_id;unit_id;service_id;period;value\n"
        + "".join(f"A;U;A;{2023 + n // 12}-{n % 12 + 1:02d};100\n" for n in range(36)),
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    store = tmp_path / "store"
    code, found = call("import", *(tmp_path / f"{name}.csv" for name in files), "--store", store)
    assert code == 0, found["findings"]
    code, found = call("balance", "--store", store)
    assert code == 3
    assert [row["message"] for row in found["findings"]] == ["nyttjandegrad för Sal", "öppettider för Sal"]
    assert {row["code"] for row in found["findings"]} == {"missing_factor"}


def test_a_user_gets_a_link_and_an_unknown_role_or_unit_is_refused(store, capsys):
    arguments = ["user", "anna", "--role", "reader", "--unit", "K-ORT-A", "--store", str(store)]
    command = [sys.executable, "-m", "vardbalans.cli", *arguments]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert made.stdout.startswith("http://127.0.0.1:8000/people/link/")
    for option, value in (("--role", "king"), ("--unit", "K-NO-SUCH")):
        refused = subprocess.run([*command, option, value], capture_output=True, text=True, check=False)
        assert refused.returncode == 3
        assert value in refused.stderr


def test_an_original_is_given_back_to_whoever_holds_the_key(call, demo_folder, store, tmp_path, capsys):
    out = tmp_path / "ut.csv"
    source = demo_folder / "contacts_2024.parquet"
    code, found = call("original", source.name, "--out", out, "--store", store)
    assert code == 0
    assert out.read_bytes() == source.read_bytes()
    assert found["size"] == out.stat().st_size
    assert out.stat().st_mode & 0o077 == 0
    for name, path in ((source.name, out), ("okänd.csv", tmp_path / "x"), (source.name, tmp_path / "no" / "x")):
        assert run(["original", name, "--out", str(path), "--store", str(store)]) == 3
        assert str(path) in capsys.readouterr().err or name == "okänd.csv"
    assert call("original", found["sha256"], "--out", tmp_path / "igen.csv", "--store", store)[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["igen.csv", "ut.csv"]


def test_a_broken_original_is_not_given_out(call, store, demo_folder, tmp_path):
    copy = tmp_path / "store"
    shutil.copytree(store, copy)
    for sealed in (copy / "originals").iterdir():
        sealed.write_bytes(sealed.read_bytes()[:-1])
    code, found = call("original", "employments.csv", "--out", tmp_path / "out.csv", "--store", copy)
    assert (code, found["findings"][0]["code"]) == (3, "seal_broken")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_doctor_says_what_it_could_not_read_without_the_key(call, store, tmp_path, monkeypatch):
    monkeypatch.setenv("VARDBALANS_KEY_FILE", str(tmp_path / "none"))
    copy = shutil.copytree(store, tmp_path / "store", ignore=shutil.ignore_patterns("app.sqlite3*"))
    code, found = call("doctor", "--store", copy)
    assert (code, found["mismatches"]) == (0, [])
    assert [(item["code"], item["severity"]) for item in found["findings"]] == [("originals_not_read", "warning")]


def test_an_import_with_another_key_is_refused(call, demo_folder, store, tmp_path, monkeypatch):
    monkeypatch.setenv("VARDBALANS_KEY_FILE", str(tmp_path / "another"))
    (tmp_path / "another").touch(0o600)
    (tmp_path / "another").write_text("ab" * 32)
    code, found = call("import", demo_folder / "employments.csv", "--store", store)
    assert (code, found["findings"][0]["code"]) == (3, "wrong_key")
