"""A control chart of a file of measurements: read, draw, and tell each signal in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vardbalans.data.findings import LISTED, Finding, has_errors
from vardbalans.data.read.measurements import Measured, Measurements, numbers, read_measurements
from vardbalans.engine.effects.spc import Chart, Kind, Phases, Points, RuleSet, Signal, assurance, chart
from vardbalans.engine.effects.spc.chart import FEWEST, short_phases
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message
from vardbalans.engine.periods import Period
from vardbalans.engine.units import Floats

__all__ = ["Asked", "run_spc"]

Row = dict[str, Any]
_SHARES = frozenset({"p", "pp"})
_PER = _SHARES | {"u", "up"}
_SAMPLES = frozenset({"xbar", "s"})
_RATIOS = frozenset({"xmr", "i", "mr", "run"})


@dataclass(frozen=True)
class Asked:
    """What chart is asked for; *rebase* and *left_out* are periods as text, *target* a value with what is *better*."""

    kind: Kind
    rules: RuleSet | None = None
    freeze: int | None = None
    rebase: Sequence[str] = ()
    left_out: Sequence[str] = ()
    screen: bool = True
    target: float | None = None
    better: Literal["higher", "lower"] = "higher"

    @property
    def rule_set(self) -> RuleSet:
        """Return the rules asked for: Anhøj's for a run chart unless said, else NHS's."""
        return self.rules or ("anhoej" if self.kind == "run" else "nhs")


def run_spc(path: Path, asked: Asked) -> Row:
    """Return the command's document for the csv at *path*; only ``findings`` where it holds errors. Raises BadInput."""
    file = read_measurements(path)
    found = [*file.findings, *_faults(file, asked.kind)]
    if has_errors(found):
        return {"findings": [finding.as_dict() for finding in found]}
    texts, places, points = _points(file, asked.kind)
    phases = Phases(
        tuple(_first_at(places, file.position_of(text), text) for text in asked.rebase),
        asked.freeze,
        frozenset(_place_of(places, file.position_of(text), text) for text in asked.left_out),
        asked.screen,
    )
    made = chart(asked.kind, points, phases, asked.rule_set)
    found += [_short(file, texts[place], count) for place, count in short_phases(made.starts, points.values)]
    document = _document(made, texts, asked)
    if asked.kind == "xmr":
        document["moving_range"] = _drawn(chart("mr", points, phases, asked.rule_set), texts)
    return {**document, "findings": [finding.as_dict() for finding in found]}


def _faults(file: Measurements, kind: Kind) -> list[Finding]:
    """Return what in the rows does not fit the chart, by row and column."""
    found: list[Finding] = []
    if kind in _PER and file.rows and not file.has_denominators:
        found.append(
            file.about(
                None,
                "denominator",
                "required_column",
                Message("Det här diagrammet behöver en nämnare (kolumnen denominator)."),
            )
        )
    if kind not in _PER | _RATIOS and file.has_denominators:
        found.append(
            file.about(
                None,
                "denominator",
                "no_denominator",
                Message("Diagrammet {chart} har ingen nämnare; ta bort kolumnen, eller välj ett annat.", chart=kind),
            )
        )
    seen: dict[int, int] = {}
    for row in file.rows:
        first = seen.setdefault(row.when.position, row.row)
        if first != row.row and kind not in _SAMPLES:
            found.append(_twice(file, row, first))
        found += _row_faults(file, row, kind)
    return found[:LISTED]


def _row_faults(file: Measurements, row: Measured, kind: Kind) -> list[Finding]:
    """Return what in one row does not fit the chart."""
    found = []
    value, denominator = row.value, row.denominator
    if file.has_denominators and value is not None and not (denominator and denominator > 0):
        found.append(
            file.about(
                row.row,
                "denominator",
                "denominator",
                Message("{period} saknar en nämnare över noll.", period=row.when.text),
            )
        )
    elif value is not None and kind in _SHARES and denominator is not None and value > denominator:
        found.append(
            file.about(
                row.row,
                "value",
                "above_denominator",
                Message("{period}: antalet är större än nämnaren.", period=row.when.text),
            )
        )
    if value is not None and (value <= 0 if kind == "t" else value < 0 and kind in _PER | {"c", "g"}):
        found.append(
            file.about(
                row.row,
                "value",
                "out_of_range",
                Message("{period}: värdet är för litet för diagrammet {chart}.", period=row.when.text, chart=kind),
            )
        )
    return found


def _twice(file: Measurements, row: Measured, first: int) -> Finding:
    sentence = Message(
        "{period} finns också på rad {first}. Ta bort den ena, eller summera dem.", period=row.when.text, first=first
    )
    return file.about(row.row, "period", "period_twice", sentence)


def _short(file: Measurements, period: str, count: int) -> Finding:
    sentence = Message(
        "Fasen från {period} har {count} punkter; gränser är osäkra med färre än {fewest}.",
        period=period,
        count=count,
        fewest=FEWEST,
    )
    return file.about(None, "period", "short_phase", sentence, "warning")


def _points(file: Measurements, kind: Kind) -> tuple[list[str], list[int], Points]:
    """Return the periods, their positions, and what is plotted. Weeks, months and numbers that are absent are gaps."""
    by_place: dict[int, list[Measured]] = {}
    texts: dict[int, str] = {}
    for row in file.rows:
        by_place.setdefault(row.when.position, []).append(row)
        texts[row.when.position] = row.when.text
    places = sorted(by_place)
    if kind in _SAMPLES:
        samples = [numbers([row.value for row in by_place[place]]) for place in places]
        return [texts[place] for place in places], places, Points.of_samples(samples)
    if file.frequency in {"week", "month"}:
        places = list(range(places[0], places[-1] + 1))
    rows = {place: found[0] for place, found in by_place.items()}
    values = numbers([rows[place].value if place in rows else None for place in places])
    names = _names(texts, places)
    if not file.has_denominators:
        return names, places, Points(values)
    sizes = numbers([rows[place].denominator if place in rows else None for place in places])
    return names, places, Points(values / sizes, sizes)


def _names(texts: dict[int, str], places: Sequence[int]) -> list[str]:
    """Return how each period is written, those that are not in the file included."""
    first = places[0]
    if all(place in texts for place in places):
        return [texts[place] for place in places]
    start = Period.parse(texts[first])
    return [texts.get(place) or str(start.next(place - first)) for place in places]


def _first_at(places: Sequence[int], position: int, text: str) -> int:
    """Return the first point at or after *position*."""
    for index, place in enumerate(places):
        if place >= position:
            return index
    raise BadInput(Message("Inga mätvärden från {period} eller senare.", period=text))


def _place_of(places: Sequence[int], position: int, text: str) -> int:
    if position not in places:
        raise BadInput(Message("{period} finns inte bland mätvärdena.", period=text))
    return places.index(position)


def _document(made: Chart, texts: list[str], asked: Asked) -> Row:
    drawn = _drawn(made, texts)
    limits = made.limits
    target = None
    if asked.target is not None and not np.isnan(limits.upper[2, -1]):
        target = {
            "value": asked.target,
            "better": asked.better,
            "assurance": assurance(float(limits.lower[2, -1]), float(limits.upper[2, -1]), asked.target, asked.better),
        }
    return {
        "chart": made.kind,
        "rules": asked.rule_set,
        **drawn,
        "phases": [
            {
                "first": texts[first],
                "last": texts[end - 1],
                "centre": _plain(limits.centre[first]),
                **_counted(made, number),
            }
            for number, (first, end) in enumerate(zip(made.starts, (*made.starts[1:], len(texts)), strict=True))
        ],
        "target": target,
    }


def _counted(made: Chart, number: int) -> Row:
    runs = made.runs[number]
    return {
        "useful": runs.useful,
        "longest_run": runs.longest,
        "longest_run_max": runs.longest_allowed,
        "crossings": runs.crossings,
        "crossings_min": runs.fewest_crossings,
    }


def _drawn(made: Chart, texts: list[str]) -> Row:
    """Return centre and limits (one number where they are the same all along), the points and the signals."""
    limits = made.limits
    return {
        "centre": _line(limits.centre),
        "lower": _line(limits.lower[2]),
        "upper": _line(limits.upper[2]),
        "points": [
            {"period": text, "value": _plain(value), "signals": [signal.rule for signal in made.at(place)]}
            for place, (text, value) in enumerate(zip(texts, limits.values, strict=True))
        ],
        "signals": [_signal(signal, texts) for signal in made.signals],
    }


def _line(values: Floats) -> float | list[float | None] | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    if np.ptp(known) == 0:
        return float(known[0])
    return [_plain(value) for value in values]


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _signal(signal: Signal, texts: list[str]) -> Row:
    return {
        "rule": signal.rule,
        "side": {1: "above", -1: "below", 0: None}[signal.side],
        "periods": [texts[place] for place in signal.points],
        "found": signal.found,
        "limit": signal.limit,
        "text": str(_sentence(signal, texts)),
    }


def _sentence(signal: Signal, texts: list[str]) -> Message:
    """Return why the signal is one, in words."""
    up = signal.side > 0
    first, last = (texts[signal.points[0]], texts[signal.points[-1]]) if signal.points else ("", "")
    values = {"first": first, "last": last, "found": signal.found, "limit": signal.limit}
    if signal.rule == "outside":
        template = (
            Message("{first} ligger över den övre gränsen.")
            if up
            else Message("{first} ligger under den nedre gränsen.")
        )
    elif signal.rule == "shift":
        template = Message("{found} i rad på samma sida om medellinjen, {first} till {last}; {limit} räcker.")
    elif signal.rule == "trend":
        template = (
            Message("{found} i rad som stiger, {first} till {last}; {limit} räcker.")
            if up
            else Message("{found} i rad som sjunker, {first} till {last}; {limit} räcker.")
        )
    elif signal.rule == "two_of_three":
        template = Message("Två av tre nära samma gräns, {first} till {last}.")
    elif signal.rule == "four_of_five":
        template = Message("Fyra av fem mer än en sigma åt samma håll, {first} till {last}.")
    elif signal.rule == "longest_run":
        template = Message(
            "Den längsta serien på samma sida är {found}, {first} till {last}; slumpen ger högst {limit}."
        )
    else:
        template = Message("Medellinjen korsas {found} gånger; slumpen ger minst {limit}.")
    return Message(template.template, **values)
