"""Every benchmark by name: what it asks, at which sizes, from which seed, and against what.

A benchmark prepares its input once in a folder and then runs *sides*, each a command in a process of its own, so
that seconds and peak memory are that side's alone. ``ours`` is the product through the door its users take.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import beds, cost, fhir_inputs, fuzz, inputs, kills, load_store, plan_inputs, waits

__all__ = ["BENCHMARKS", "Benchmark"]

Commands = Mapping[str, list[str]]


@dataclass(frozen=True)
class Benchmark:
    """One question.

    *sizes* maps size name to rows or to the demo region's size; *prepare* (folder, size, seed) makes the input and
    *sides* (folder) gives the commands. *peer* says in words what the other side does; *limits* are what ours must
    keep: at most ``seconds``, ``peak_mb``, ``cpu_of_peer`` (our CPU time over the peer's) or a figure that the side
    tells; *floors* are figures that it must reach, and the ``ratio`` of times as fast as the peer.
    """

    name: str
    question: str
    sizes: Mapping[str, int | str]
    seed: int
    peer: str
    prepare: Callable[[Path, int | str, int], None]
    sides: Callable[[Path], Commands]
    limits: Mapping[str, float]
    floors: Mapping[str, float] = field(default_factory=dict)


def _vardbalans(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-c", "from vardbalans.cli import main; main()", *map(str, arguments)]


def _side(name: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.sides", name, str(folder)]


def _sides(ours: str, peer: str = "") -> Callable[[Path], Commands]:
    """Return the sides that ``benchmarks.sides`` knows by name."""
    names = {"ours": ours} | ({"peer": peer} if peer else {})
    return lambda folder: {side: _side(name, folder) for side, name in names.items()}


def _import_sides(folder: Path) -> Commands:
    files = [folder / f"{name}.csv" for name in ("units", "services", "contacts")]
    return {
        "ours": _vardbalans("import", *files, "--by", "bench", "--store", folder / "store", "--json"),
        "peer": _side("pandas-import", folder),
    }


def _fhir_sides(folder: Path) -> Commands:
    return {"ours": _vardbalans("import", folder / "fhir", "--by", "bench", "--store", folder / "store", "--json")}


def _balance_sides(folder: Path) -> Commands:
    return {"ours": _vardbalans("balance", "--draws", "1000", "--seed", "1", "--store", folder / "store", "--json")}


def _plan_sides(folder: Path) -> Commands:
    return {"ours": _vardbalans("plan", "propose", "--draws", "1000", "--store", folder / "store", "--json")}


def _months(folder: Path) -> list[str]:
    return _vardbalans("forecast", folder / "series.csv", "--horizon", "12", "--season", "12", "--json")


def _ets_sides(folder: Path) -> Commands:
    return {"ours": _months(folder), "peer": _side("library-ets", folder)}


def _arima_sides(folder: Path) -> Commands:
    return {"ours": _months(folder), "peer": _side("library-arima", folder)}


def _days_sides(folder: Path) -> Commands:
    return {"ours": _vardbalans("forecast", folder / "series.csv", "--horizon", "28", "--json")}


def _cost_year_sides(folder: Path) -> Commands:
    return {"ours": _vardbalans("cost", "--period", "2025", "--store", folder / "store", "--json")}


BENCHMARKS: Mapping[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark(
            "import-contacts",
            "How many rows a second are read, checked and committed as a version, the original kept?",
            {"small": 2_000, "full": 1_500_000},
            1,
            "pandas: read_csv, the same checks of type, values, key and references, to_parquet",
            inputs.write_contacts,
            _import_sides,
            {"seconds": 5, "peak_mb": 1024},
        ),
        Benchmark(
            "import-fhir",
            "How long does an export of 130 MB take, read, checked and committed as a version, the original kept?",
            {"small": 200, "full": 60_000},
            1,
            "none: held against its limits (30 MB a second)",
            fhir_inputs.write_fhir,
            _fhir_sides,
            {"seconds": 4.3, "peak_mb": 1024},
        ),
        Benchmark(
            "counts-query",
            "How long does it take to count performed contacts per service and local ISO week from the lake's files?",
            {"small": 2_000, "full": 1_500_000},
            1,
            "pandas: read_parquet of the same files and columns, convert to local time, groupby",
            inputs.commit_contacts,
            _sides("lake-counts", "pandas-counts"),
            {},
        ),
        Benchmark(
            "balance-region",
            "How long does the main job take on the demo region with 1 000 draws?",
            {"small": "small", "full": "region"},
            1,
            "none: held against its limits",
            inputs.import_region,
            _balance_sides,
            {"seconds": 60, "peak_mb": 4096},
        ),
        Benchmark(
            "plan-clinic",
            "How long does a plan of a clinic take: 40 services, 25 resources, 53 weeks, surely enough by 1 000 draws?",
            {"small": 4, "full": 40},
            1,
            "none: held against its limits",
            plan_inputs.write_clinic,
            _sides("plan-clinic"),
            {"seconds": 2, "peak_mb": 1024},
        ),
        Benchmark(
            "plan-region",
            "How long does a plan of the demo region's every unit take, forecasts of 1 000 draws included?",
            {"small": "small", "full": "region"},
            1,
            "none: held against its limits",
            inputs.import_region,
            _plan_sides,
            {"seconds": 300, "peak_mb": 4096},
        ),
        Benchmark(
            "forecast-months",
            "How long do 1 000 monthly series take, past forecasts, weights and calibrated intervals included?",
            {"small": 4, "full": 1_000},
            1,
            "statsforecast: AutoETS alone, means only, on one core",
            inputs.write_months,
            _ets_sides,
            {"seconds": 180, "peak_mb": 2048},
        ),
        Benchmark(
            "forecast-months-arima",
            "How does the whole forecast compare with one automatic ARIMA per series?",
            {"small": 1, "full": 100},
            1,
            "statsforecast: AutoARIMA alone, means only, on one core",
            inputs.write_months,
            _arima_sides,
            {},
        ),
        Benchmark(
            "forecast-days",
            "How long do 200 daily series of three years take?",
            {"small": 4, "full": 200},
            1,
            "none: held against its limits",
            inputs.write_days,
            _days_sides,
            {"seconds": 300, "peak_mb": 2048},
        ),
        Benchmark(
            "cost-activity",
            "How long do activity rows take to öre per contact, kept as files, and to DRG, beside the plainest SQL?",
            {"small": 7_000, "full": 20_000_000},
            1,
            "DuckDB: join and sum of the same files in floats, nothing rounded",
            cost.write_activity,
            _sides("cost-ours", "cost-plain"),
            {"cpu_of_peer": 1.3, "peak_mb": 2048},
        ),
        Benchmark(
            "cost-activity-pandas",
            "How does the same compare with pandas, to the öre?",
            {"small": 7_000, "full": 20_000_000},
            1,
            "pandas: all rows in memory, groupby, the largest remainders by a sort",
            cost.write_activity,
            _sides("cost-ours", "cost-pandas"),
            {},
        ),
        Benchmark(
            "cost-activity-postgresql",
            "How does the same compare with PostgreSQL, by the same SQL?",
            {"small": 7_000, "full": 2_000_000},
            1,
            "PostgreSQL: the same statements on loaded and analysed tables, in one process",
            cost.write_activity,
            _sides("cost-ours", "cost-postgresql"),
            {"cpu_of_peer": 0.1},
        ),
        Benchmark(
            "cost-activity-large",
            "How much memory do a hundred million activity rows take?",
            {"small": 7_000, "full": 100_000_000},
            1,
            "none: held against its limits",
            cost.write_activity,
            _sides("cost-ours"),
            {"seconds": 60, "peak_mb": 8192},
        ),
        Benchmark(
            "cost-year",
            "How long does a year of the demo region take, ledger to contact, groups and variance included?",
            {"small": "small", "full": "region"},
            1,
            "none: held against its limits",
            inputs.import_region,
            _cost_year_sides,
            {"seconds": 60, "peak_mb": 8192},
        ),
        Benchmark(
            "waitlist-region",
            "How long do the waiting lists of a region take: chains of three stages, 104 weeks, 1 000 draws?",
            {"small": 6, "full": 300},
            1,
            "SimPy: a process per person; a few futures, scaled to all",
            waits.write_region,
            _sides("waits-ours", "waits-events"),
            {"seconds": 10, "peak_mb": 1024},
        ),
        Benchmark(
            "beds-sum",
            "How long does the exact distribution of 2 000 patients' presence take for each hour of a year?",
            {"small": 200, "full": 2_000},
            1,
            "plain Python: the textbook's recursion, one patient after another",
            beds.write_patients,
            _sides("beds-sum-ours", "beds-sum-plain"),
            {},
            floors={"ratio": 100},
        ),
        Benchmark(
            "beds-events",
            "How many seconds do a million arrivals and discharges of six wards take, with patients who lie elsewhere?",
            {"small": 1, "full": 50},
            1,
            "SimPy: a process per patient on the same six wards",
            beds.write_wards,
            _sides("beds-events-ours", "beds-events-simpy"),
            {},
            floors={"ratio": 40},
        ),
        Benchmark(
            "beds-year",
            "How long do 1 000 replications of a hospital's year take?",
            {"small": 4, "full": 1_000},
            1,
            "none: held against its limits",
            beds.write_wards,
            _sides("beds-year"),
            {"seconds": 30, "peak_mb": 1024},
        ),
        Benchmark(
            "what-if-unit",
            "How long does a planner wait for the new balance of a unit when trying one measure, with 1 000 draws?",
            {"small": "small", "full": "region"},
            1,
            "none: held against its limits",
            inputs.import_region,
            _sides("what-if"),
            {"seconds": 0.3, "peak_mb": 4096},
        ),
        Benchmark(
            "web-load",
            "How long do 40 and 200 planners wait for a save and for their plan, and how many saves is there room for?",
            {"small": 2, "full": 200},
            1,
            "none: held against its limits",
            load_store.prepare_load,
            _sides("web-load"),
            {"save_p95_ms_40": 50, "save_p95_ms_200": 150, "open_p95_ms": 1000, "seconds": 300},
            {"saves_per_second": 150},
        ),
        Benchmark(
            "web-grid",
            "How long after its page is the grid of 200 services and a year's weeks ready to be typed in?",
            {"small": 1, "full": 1},
            1,
            "none: held against its limits",
            load_store.prepare_load,
            _sides("web-grid"),
            {"grid_ready_ms": 300, "seconds": 120},
        ),
        Benchmark(
            "web-restart",
            "How long is it after a kill -9, while planners save, until the app answers again?",
            {"small": 8, "full": 200},
            1,
            "none: held against its limits",
            load_store.prepare_load,
            _sides("web-restart"),
            {"restart_s": 2, "seconds": 120},
        ),
        Benchmark(
            "web-kills-sqlite",
            "What is lost or comes twice when processes that save are killed, on SQLite?",
            {"small": 5, "full": 1_000},
            1,
            "none: held against its limits",
            kills.ask_rounds,
            _sides("web-kills-sqlite"),
            {"seconds": 600},
        ),
        Benchmark(
            "web-kills-postgresql",
            "What is lost or comes twice when processes that save are killed, on PostgreSQL?",
            {"small": 5, "full": 1_000},
            1,
            "none: held against its limits",
            kills.ask_rounds,
            _sides("web-kills-postgresql"),
            {"seconds": 600},
        ),
        Benchmark(
            "web-fuzz",
            "How many calls that schemathesis makes up does the programming interface answer with a fault of its own?",
            {"small": 68, "full": 10_000},
            1,
            "none: held against its limits",
            fuzz.prepare_fuzz,
            _sides("web-fuzz"),
            {"seconds": 1_800},
        ),
    )
}
