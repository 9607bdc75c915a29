"""The command ``quality``: scores, findings and lists of a stored version, and of files before they are stored."""

import json

from vardbalans.cli import run


def test_a_stored_version_is_scored_per_source_and_unit_with_steps(call, store, tmp_path):
    code, found = call("quality", "--store", store, "--out", tmp_path / "lists")
    assert code == 0
    assert found["version"] == 1
    kinds = {row["kind"] for row in found["scores"]}
    assert kinds == {"source", "unit"}
    for row in found["scores"]:
        weight = sum(step["weight"] for step in row["steps"])
        assert abs(row["value"] - sum(step["weight"] * step["points"] for step in row["steps"]) / weight) < 1e-9
    rules = {(row["table"], row["rule"]): row for row in found["rules"]}
    assert rules["contacts", "duplicate_contact"]["tested"] > 100_000
    assert ["before.contacts"] in [row["lacking"] for row in found["untested"]]
    assert (tmp_path / "lists" / "att_ratta.xlsx").exists()
    assert {row["state"] for row in found["freshness"]} == {"unknown"}
    # The same again, from what was kept.
    assert call("quality", "--store", store, "--version", 1)[1] == found | {"lists": []}


def test_a_refused_delivery_is_judged_with_what_the_import_found(call, demo_folder, store):
    dirty = demo_folder.with_name("demo-dirty")
    code, found = call("quality", dirty, "--store", store)
    assert code == 0
    assert found["version"] is None
    told = {(row["file"], row["row"], row["code"]) for row in found["findings"]}
    planted = json.loads((dirty / "dirty_truth.json").read_text(encoding="utf-8"))
    rows = [row for row in planted if row["row"]]
    lost = [row for row in rows if (row["file"], row["row"], row["code"]) not in told]
    assert len(rows) > 100
    assert len(lost) <= 0.01 * len(rows)
    assert "late_contacts" in {row["code"] for row in found["findings"]}  # the store has the clean copy


def test_text_shows_scores_rules_and_nothing_personal(store, capsys):
    assert run(["quality", "--store", str(store)]) == 0
    out = capsys.readouterr().out
    assert "contacts_*.parquet" in out
    assert "duplicate_referral" in out


def test_an_empty_store_and_an_unknown_version_are_refused(store, tmp_path, capsys):
    assert run(["quality", "--store", str(tmp_path)]) == 3
    assert run(["quality", "--store", str(store), "--version", "9"]) == 3
    assert "Traceback" not in capsys.readouterr().err
