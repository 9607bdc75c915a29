"""The command line: parses, calls, prints. What a command does lives in the rooms below.

Human text by default; with ``--json`` one JSON document on stdout and nothing else there; progress and messages go to
stderr. Exit codes: 0 done · 2 wrong usage · 3 bad input (findings listed) · 4 impossible (reasons listed) · 1 our bug.
"""

import getpass
import json
import re
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vardbalans.cli_text import balance_text, findings_text, preview_text, table_text
from vardbalans.engine import capacity as engine_capacity
from vardbalans.engine.errors import BadInput, Impossible, MissingFactor, VardbalansError
from vardbalans.engine.messages import Message
from vardbalans.engine.production import Goal
from vardbalans.engine.waitlist import formula as waitlist_formula

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Produktions- och kapacitetsstyrning för vården.")
waitlist = typer.Typer(no_args_is_help=True, help="Väntelistan.")
app.add_typer(waitlist, name="waitlist")

Store = Annotated[Path, typer.Option(envvar="VARDBALANS_DATA_DIR", help="Mappen där data och databas ligger.")]
Json = Annotated[bool, typer.Option("--json", help="Ett JSON-dokument på stdout.")]
Seed = Annotated[int, typer.Option(min=0, help="Frö för alla slumptal; samma frö ger samma svar.")]
Size = Literal["small", "medium", "region"]
DEFAULT_STORE = Path("var")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors meant for people become sentences on stderr."""
    try:
        code = app(arguments, standalone_mode=False, prog_name="vardbalans")
    except VardbalansError as error:
        reasons = _reasons(error)
        if "--json" in (sys.argv if arguments is None else arguments):
            _print({"findings": [_finding(error, reason) for reason in reasons or (error.message,)]}, True, "")
        _tell(str(error))
        for reason in reasons:
            _tell(f"  – {reason}")
        return error.exit_code
    except typer.TyperException as error:
        _tell(error.format_message())
        return 2
    except typer.Abort:
        return 1
    return code if isinstance(code, int) else 0


def _reasons(error: VardbalansError) -> tuple[Message, ...]:
    """Return what stands in the way, one sentence each; empty where the error is its only reason."""
    return error.reasons if isinstance(error, Impossible) else error.missing if isinstance(error, MissingFactor) else ()


def _finding(error: VardbalansError, reason: Message) -> dict[str, Any]:
    code = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    return {"file": None, "row": None, "column": None, "code": code, "severity": "error", "message": str(reason)}


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _print(document: Any, as_json: bool, text: str) -> None:
    out = json.dumps(document, ensure_ascii=False, allow_nan=False) if as_json else text
    print(out)


@app.command()
def demo(
    folder: Path,
    size: Annotated[Size, typer.Option(help="Hur stor regionen är.")] = "small",
    seed: Seed = 1,
    json_: Json = False,
) -> None:
    """Skriv den syntetiska demoregionens filer i FOLDER, med planterade sanningar bredvid."""
    from vardbalans.data import demo as demo_room

    paths = demo_room.write(folder, size, seed)
    # Faults need no volume: the dirty copy is always of the small region.
    demo_room.write_dirty(folder.with_name(folder.name + "-dirty"), "small", seed)
    names = [str(path) for path in paths]
    _print({"seed": seed, "size": size, "files": names, "findings": []}, json_, "\n".join(names))


@app.command()
def check(paths: list[Path], profile: str | None = None, store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Kontrollera filer; inget sparas."""
    preview = _prepare(paths, profile, store)
    _finish_preview(preview, None, json_)


@app.command("import")
def import_(
    paths: list[Path],
    profile: str | None = None,
    by: Annotated[str, typer.Option(help="Vem som importerar.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Förhandsvisa, spara inget.")] = False,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Förhandsgranska och spara filer som en ny version: allt eller inget."""
    from vardbalans.data import intake
    from vardbalans.data.lake import Lake

    preview = _prepare(paths, profile, store)
    version = None
    if not dry_run and not preview.has_errors:
        version = intake.commit(Lake(store), preview, by=by or getpass.getuser(), at=datetime.now(UTC))
    _finish_preview(preview, version, json_)


def _prepare(paths: list[Path], profile: str | None, store: Path) -> Any:
    from vardbalans.data import intake
    from vardbalans.data.lake import Lake

    return intake.prepare(Lake(store), paths, profile, today=datetime.now(UTC).date())


def _finish_preview(preview: Any, version: Any, as_json: bool) -> None:
    """Print what was found; findings go to stderr as well, so that they are seen in a pipeline."""
    findings = [finding.as_dict() for finding in preview.findings]
    document = {
        "version": version.number if version else None,
        "fingerprint": version.fingerprint if version else None,
        "preview": preview.fingerprint,
        "tables": preview.summary(),
        "findings": findings,
    }
    _print(document, as_json, preview_text(document))
    if findings:
        _tell(findings_text(findings))
    if preview.has_errors:
        raise typer.Exit(3)


@app.command()
def profiles(json_: Json = False) -> None:
    """Visa kända källor som kan läsas."""
    from vardbalans.data.read import profiles as known

    rows = [{"profile": name, "description": str(sentence)} for name, sentence in known()]
    _print({"profiles": rows, "findings": []}, json_, table_text(rows))


@app.command()
def templates(folder: Path) -> None:
    """Skriv tomma mallar (xlsx och csv) för alla tabeller."""
    from vardbalans.data.write import write_templates

    for path in write_templates(folder):
        print(path)


@app.command()
def balance(
    unit: Annotated[str | None, typer.Option(help="Bara denna enhet och de under den.")] = None,
    year: Annotated[int | None, typer.Option(help="Planera detta ISO-år i stället för de närmaste veckorna.")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=260)] = 52,
    draws: Annotated[int, typer.Option(min=1)] = 1000,
    seed: Seed = 1,
    goal: Annotated[Goal, typer.Option(help="Väntelistans mål.")] = "guarantee",
    out: Annotated[Path | None, typer.Option(help="Skriv också dokumentet i denna mapp.")] = None,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Huvudjobbet: behov → produktion → kapacitet → balans, med steg; resultatet sparas för webben."""
    from vardbalans.data.balance_run import run_balance
    from vardbalans.data.results.document import document

    outcome, below = run_balance(
        store, weeks=weeks, year=year, draws=draws, seed=seed, goal=goal, unit=unit, at=datetime.now(UTC)
    )
    found = document(outcome, below)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "balance.json").write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    _print(found, json_, balance_text(found) if not json_ else "")


@app.command()
def capacity(
    sets: Annotated[float, typer.Option(help="P: uppsättningar, till exempel bemannade salar.")],
    minutes: Annotated[float, typer.Option(help="t: öppna minuter per uppsättning.")],
    utilisation: Annotated[float, typer.Option(help="N: nyttjandegrad, 0 till 1.")],
    mean_minutes: Annotated[float, typer.Option(help="m: minuter per aktivitet.")],
    before: Annotated[str | None, typer.Option(help="P,t,N,m före förändringen, med punkt som decimaltecken.")] = None,
    json_: Json = False,
) -> None:
    """Räkna K = P·t·N/m, känslighet och, med --before P,t,N,m, vad en förändring beror på."""
    now = engine_capacity.Factors(sets, minutes, utilisation, mean_minutes)
    document: dict[str, Any] = {
        "capacity": engine_capacity.capacity(now),
        "sensitivities": engine_capacity.sensitivities(),
        "findings": [],
    }
    if before is not None:
        earlier = engine_capacity.Factors(*_four(before))
        document["before"] = engine_capacity.capacity(earlier)
        document["change"] = document["capacity"] - document["before"]
        document["parts"] = engine_capacity.change_parts(now, earlier)
    _print(document, json_, table_text([{k: v for k, v in document.items() if isinstance(v, float)}]))


def _four(text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadInput(
            Message("--before ska vara fyra tal P,t,N,m med punkt som decimaltecken, inte {text}.", text=text)
        ) from error
    if len(numbers) != 4:
        raise BadInput(Message("--before ska vara fyra tal P,t,N,m, inte {count}.", count=len(numbers)))
    return numbers


@waitlist.command("formula")
def waitlist_formula_command(
    demand: Annotated[float, typer.Option(help="Nya per vecka.")],
    capacity: Annotated[float | None, typer.Option(help="Behandlade per vecka.")] = None,
    queue: float | None = None,
    target_queue: float | None = None,
    target_weeks: float | None = None,
    weeks: float | None = None,
    mean_wait: float | None = None,
    cv_demand: float = 1.0,
    cv_capacity: float = 1.0,
    factor: float = waitlist_formula.DEFAULT_FACTOR,
    json_: Json = False,
) -> None:
    """Väntelistan i jämvikt, allt i veckor; varje tal ges när dess underlag är givet."""
    found: dict[str, Any] = {}
    if capacity is not None:
        found["load"] = waitlist_formula.load(demand, capacity)
    if target_weeks is not None:
        found["target_mean_wait_weeks"] = waitlist_formula.mean_wait_weeks(target_weeks, factor)
        found["target_queue"] = waitlist_formula.target_queue(demand, target_weeks, factor)
        found["target_capacity"] = waitlist_formula.target_capacity(
            demand, target_weeks, cv_demand, cv_capacity, factor
        )
        if mean_wait is not None:
            found["pressure"] = waitlist_formula.pressure(mean_wait, target_weeks)
    goal = target_queue if target_queue is not None else found.get("target_queue")
    if queue is not None and goal is not None and weeks is not None:
        found["relief_capacity"] = waitlist_formula.relief_capacity(demand, queue, goal, weeks)
    _print({**found, "findings": []}, json_, table_text([found]))


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000, host: str = "127.0.0.1", store: Store = DEFAULT_STORE
) -> None:
    """Starta webben; skriv en engångslänk tills någon har valt en lösenfras."""
    from vardbalans.web import serve as server

    _require_free(host, port)
    server.prepare(store)
    from vardbalans.web.people.actions import first_run_link

    url = f"http://{host}:{port}"
    link = first_run_link(base_url=url)
    print(str(Message("Vårdbalans svarar på {url}. Avsluta med Ctrl C.", url=url)))
    if link:
        print(str(Message("Logga in första gången med engångslänken (gäller 24 timmar): {link}", link=link)))
    sys.stdout.flush()
    server.run(store, host, port)


def _require_free(host: str, port: int) -> None:
    """Refuse a taken port before a log-in link for it is printed."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadInput(
                Message(
                    "Port {port} på {host} går inte att använda: {why}. Välj en annan med --port.",
                    port=port,
                    host=host,
                    why=error.strerror,
                )
            ) from error


@app.command()
def user(
    name: Annotated[str, typer.Argument(help="Användarnamnet.")],
    display_name: Annotated[str, typer.Option(help="Namnet som visas.")] = "",
    role: Annotated[str, typer.Option(help="reader, planner, analyst eller administrator.")] = "reader",
    unit: Annotated[str, typer.Option(help="Enheten rollen gäller, med de under den; * är alla.")] = "*",
    url: Annotated[str, typer.Option(help="Adressen där webben svarar.")] = "http://127.0.0.1:8000",
    store: Store = DEFAULT_STORE,
) -> None:
    """Skapa en användare (eller ge en som finns en ny länk) och skriv en engångslänk."""
    from vardbalans.web import serve as server

    server.prepare(store)
    from vardbalans.web.people.actions import user_invite

    print(user_invite(username=name, display_name=display_name or name, role=role, unit_id=unit, base_url=url))


@app.command()
def doctor(store: Store = DEFAULT_STORE, json_: Json = False) -> None:
    """Räkna om fingeravtryck för data och original och säg vad som inte stämmer."""
    from vardbalans.data.lake import Lake

    lake = Lake(store)
    head, wrong = lake.head(), lake.verify()
    document = {
        "version": head.number if head else None,
        "mismatches": [asdict(item) for item in wrong],
        "findings": [],
    }
    _print(document, json_, "\n".join(str(item.message) for item in wrong) or str(Message("Allt stämmer.")))
    if wrong:
        raise typer.Exit(3)


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Mätningarna; alla om ingen nämns.")] = None,
    size: Annotated[Literal["small", "full"], typer.Option(help="Hur stort.")] = "full",
) -> None:
    """Mät mot andra verktyg i samma körning; kvoter som JSON."""
    root = Path(__file__).parents[2]
    if not (root / "benchmarks" / "run.py").exists():
        raise BadInput(
            Message("Mätningarna följer med källkoden, inte med det installerade paketet. Kör dem i en klon.")
        )
    sys.path.insert(0, str(root))
    from benchmarks.run import main as run_benchmarks

    raise typer.Exit(run_benchmarks([*(names or []), "--size", size]))


if __name__ == "__main__":
    main()
