"""What the commands print for people: short tables and sentences."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from vardbalans.engine.messages import Message
from vardbalans.engine.plan.data import EXTRA_NAMES

__all__ = [
    "balance_text",
    "delivery_text",
    "findings_text",
    "first_rows_text",
    "preview_text",
    "quality_text",
    "scenario_text",
    "table_text",
]

Row = dict[str, Any]
WORST = 20
ALIKE = 5
_FIRST = 40


def table_text(rows: Sequence[Row]) -> str:
    """Return *rows* as a plain table with one column per key of the first."""
    if not rows:
        return ""
    table = Table(box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(name, justify="right" if isinstance(rows[0][name], int | float) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    console = Console(width=140, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get().rstrip()


def first_rows_text(rows: Sequence[Row]) -> str:
    """Return the first 40 of *rows* as a table, and how many more there are."""
    table = table_text(rows[:_FIRST])
    if len(rows) <= _FIRST:
        return table
    return f"{table}\n" + str(Message("{count} rader till; --json visar alla.", count=len(rows) - _FIRST))


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}".replace(",", "\u00a0").replace(".", ",")
    return "–" if value is None else str(value)


_COUNTS = {
    "rader": "rows",
    "nya": "new",
    "ändrade": "changed",
    "oförändrade": "unchanged",
    "borttagna": "removed",
    "stoppade": "rejected",
}


def preview_text(document: Row) -> str:
    """Return what an import brings, per table, where it changes most, and the version it made."""
    counts = [
        {"tabell": name} | {head: row.get(key) for head, key in _COUNTS.items()}
        for name, row in document["tables"].items()
    ]
    changes = sorted(document["months"], key=lambda row: -abs(row["difference"]))
    months = [
        {"tabell": row["table"], "enhet": row["unit_id"], "månad": row["month"]}
        | {"före": round(row["before"]), "efter": round(row["after"]), "skillnad": round(row["difference"])}
        for row in changes[:WORST]
    ]
    lines = [table_text(counts), table_text(months)]
    if len(changes) > WORST:
        lines.append(str(Message("{count} enheter och månader till; --json visar alla.", count=len(changes) - WORST)))
    if document["version"] is None:
        lines.append(str(Message("Förhandsvisning {preview}.", preview=document["preview"])))
    else:
        lines.append(f"Version {document['version']} ({document['fingerprint'][:12]}).")
    return "\n".join(line for line in lines if line)


def findings_text(findings: Sequence[Row]) -> str:
    """Return one line per finding: severity, where, and the sentence; of many rows with the same fault the first ones.

    A night when the clocks change would otherwise fill the screen, and hide what matters.
    """
    alike = Counter(_kind(row) for row in findings)
    shown: Counter[tuple[str, ...]] = Counter()
    lines = []
    for row in findings:
        kind = _kind(row)
        shown[kind] += 1
        if shown[kind] > ALIKE and alike[kind] > ALIKE + 1:
            if shown[kind] == alike[kind]:
                left = Message("… och {count} rader till; alla står i svaret med --json.", count=alike[kind] - ALIKE)
                lines.append(f"{row['severity']}: {_place(row, 'file', 'column')}{left} [{row['code']}]")
            continue
        lines.append(f"{row['severity']}: {_place(row, 'file', 'row', 'column')}{row['message']} [{row['code']}]")
    return "\n".join(lines)


def _kind(row: Row) -> tuple[str, ...]:
    """Return what makes two findings of rows the same fault; a finding that names no row is one of its own."""
    same = ("severity", "file", "column", "code")
    return tuple(str(row[part]) for part in (same if row["row"] is not None else (*same, "message")))


def _place(row: Row, *parts: str) -> str:
    where = ":".join(str(row[part]) for part in parts if row[part] is not None)
    return f"{where}: " if where else ""


def delivery_text(document: Row) -> str:
    """Return the delivery's mapping, the list's identity over all services, and the files written."""
    names = {
        "väntande vid start": "opening",
        "inflöde": "inflow",
        "behandlade": "treated",
        "avgångar": "removed",
        "väntande vid slut": "closing",
        "levererade genomförda": "completed",
        "levererade väntande": "waiting",
        "inte börjat": "not_begun",
    }
    totals = {header: sum(row[name] for row in document["control"]) for header, name in names.items()}
    mapping = document["mapping"]
    head = f"{document['month']}, version {document['version']}, mappning {mapping['name']} {mapping['version']}."
    return "\n".join([head, table_text([totals]), *document["files"]])


def balance_text(document: Row) -> str:
    """Return the run's headline and the resources that are shortest over the whole period."""
    totals: dict[tuple[str, str], Row] = {}
    for row in document["rows"]:
        total = totals.setdefault(
            (row["unit_id"], row["resource_id"]),
            {
                "enhet": row["unit_id"],
                "resurs": row["resource_name"],
                "mått": row["measure"],
                "behov": 0.0,
                "tillgängligt": 0.0,
                "balans": 0.0,
                "veckor korta": 0,
                "pass": 0,
            },
        )
        total["behov"] += row["required"]
        total["tillgängligt"] += row["available"]
        total["balans"] += row["balance"]
        total["veckor korta"] += row["balance"] < 0
        total["pass"] += row["shifts"] or 0
    worst = sorted(totals.values(), key=lambda row: row["balans"] / max(row["behov"], 1e-9))[:WORST]
    head = (
        f"Version {document['version']}, data t.o.m. {document['as_of']}, "
        f"{document['weeks'][0]}–{document['weeks'][-1]}, "
        f"{document['draws']} simuleringar, frö {document['seed']}, mål {document['goal']}."
    )
    notes = findings_text(document["findings"])
    return "\n".join(
        part for part in (head, table_text(worst), _closing_text(document), _warnings_text(document), notes) if part
    )


def scenario_text(document: Row) -> str:
    """Return what the scenario changes: resources, services, a switch's phases, and what is gained."""
    compared = document["comparison"]
    head = Message(
        "Scenariet {name}: {count} åtgärder, varav {agreed} räknas i planen. Version {version}, {first}–{last}.",
        name=document["scenario"]["name"],
        count=len(document["scenario"]["measures"]),
        agreed=sum(row["counts_in_plan"] for row in document["scenario"]["measures"]),
        version=document["version"],
        first=document["weeks"][0],
        last=document["weeks"][-1],
    )
    resources = [
        {
            "enhet": row["unit_id"],
            "resurs": row["resource_name"],
            "mått": "hours" if row["measure"] == "minutes" else row["measure"],
            "balans nu": _in_hours(row["balance"]["before"], row["measure"]),
            "i planen": _in_hours(row["agreed_balance"], row["measure"]),
            "med scenariet": _in_hours(row["balance"]["after"], row["measure"]),
            "ändring": _in_hours(row["balance"]["change"], row["measure"]),
            "90 % från": _in_hours(row["change_low"], row["measure"]),
            "till": _in_hours(row["change_high"], row["measure"]),
        }
        for row in compared["resources"]
    ]
    phases = [
        {
            "läge": row["switch"],
            "skede": _PHASES[row["phase"]],
            "resurs": row["resource_id"],
            "från": row["first"],
            "till": row["last"],
            "balans nu": _in_hours(row["balance"]["before"], row["measure"]),
            "med scenariet": _in_hours(row["balance"]["after"], row["measure"]),
        }
        for row in compared["phases"]
    ]
    gains = [
        {
            "nytta": _GAINS[row["kind"]],
            "väntat": row["expected"] / (100 if row["kind"] == "ore" else 1),
            "90 % från": row["low"] / (100 if row["kind"] == "ore" else 1),
            "till": row["high"] / (100 if row["kind"] == "ore" else 1),
            "omdöme": "visad" if row["verdict"] == "shown" else "inte visad",
        }
        for row in document["benefits"]["rows"]
        if row["expected"] or row["low"] or row["high"]
    ]
    body = [table_text(rows) for rows in (resources, phases, gains)]
    if not resources:
        body = [str(Message("Scenariet ändrar ingenting i de här veckorna."))]
    return "\n\n".join(part for part in (str(head), *body, findings_text(document["findings"])) if part)


_PHASES = {"before": "före", "during": "under", "after": "efter"}
_GAINS = {"hours": "frigjorda timmar", "bed_days": "vårddygn", "slots": "återvunna tider", "ore": "kronor"}


def _closing_text(document: Row) -> str:
    """Return what would close the largest gaps, by cost; empty where no extra time is agreed."""
    rows = [
        {
            "enhet": row["unit_id"],
            "resurs": row["resource_name"],
            "saknas": _in_hours(row["short_minutes"], "minutes"),
            "täcks av": ", ".join(
                f"{EXTRA_NAMES[cover['kind']]} {round(cover['minutes'] / 60)}" for cover in row["covers"]
            ),
            "kronor": "" if row["cost_ore"] is None else round(row["cost_ore"] / 100),
            "kvar": _in_hours(row["left_minutes"], "minutes"),
        }
        for row in document["closing"]
        if row["covers"]
    ]
    head = Message("Vad som täcker bristen, timmar, billigaste extra tiden först:")
    return f"{head}\n{table_text(rows[:WORST])}" if rows else ""


def _warnings_text(document: Row) -> str:
    """Return the rule, and the warnings with the most to gain first."""
    rule, found = document["warning_rule"], document["warnings"]
    head = Message(
        "Tidig varning (risk för brist över {risk} % i minst {weeks} veckor i rad, börjar om minst {ahead} veckor):",
        risk=round(rule["risk"] * 100),
        weeks=rule["weeks"],
        ahead=rule["ahead_weeks"],
    )
    if not found:
        return f"{head} {Message('ingen.')}"
    rows = [
        {
            "enhet": row["unit_id"],
            "gäller": row["name"],
            "från": row["first_week"],
            "till": row["last_week"],
            "veckor kvar": row["weeks_left"],
            "mått": "hours" if row["measure"] == "minutes" else row["measure"],
            "saknas": _in_hours(row["size"], row["measure"]),
            "90 % från": _in_hours(row["low"], row["measure"]),
            "till och med": _in_hours(row["high"], row["measure"]),
            "säkerhet": row["certainty"],
            "begränsas av": row["binding_id"],
        }
        for row in found[:WORST]
    ]
    return f"{head}\n{table_text(rows)}"


def _in_hours(value: float, measure: str) -> float:
    return value / 60 if measure == "minutes" else value


def quality_text(document: Row) -> str:
    """Return the scores, lowest first, what each rule found, and the sources that are stale."""
    scores = [
        {"slag": "källa" if row["kind"] == "source" else "enhet", "namn": row["name"], "poäng": row["value"]}
        for row in sorted(document["scores"], key=lambda row: row["value"])
    ]
    found = [
        {
            "tabell": row["table"],
            "regel": row["rule"],
            "allvar": row["severity"],
            "prövade": row["tested"],
            "fel": row["broken"],
        }
        for row in document["rules"]
        if row["broken"]
    ]
    stale = [row["message"] for row in document["freshness"] if row["state"] in ("late", "old")]
    return "\n\n".join(part for part in (table_text(scores), table_text(found), "\n".join(stale)) if part)
