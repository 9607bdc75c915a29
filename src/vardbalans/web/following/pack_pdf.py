"""The month pack as PDF: the rows, comments and decisions of the page, to take to a meeting.

A frozen month tells no clock time but those of its comments and decisions: frozen anew from the same data, it gives
the same bytes.
"""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vardbalans.web.following.pack import MonthPack
from vardbalans.web.following.pack_chart import pack_chart
from vardbalans.web.insight.selectors import Run
from vardbalans.web.numbers import moment, number, percent, signed
from vardbalans.web.pdf import Block, Chart, Column, Heading, Paragraph, Quote, Report, Row, Table, pdf_of

__all__ = ["pack_pdf"]


def pack_pdf(pack: MonthPack, run: Run, owner: str) -> bytes:
    """Return the pack as PDF; *owner* is the region's name. Raises BadInput where PDF cannot be made."""
    made_of = pack.frozen
    as_of = made_of.as_of if made_of else date.fromisoformat(run.meta["as_of"])
    source = _("Data t.o.m. {day}, dataversion {version}").format(
        day=as_of, version=made_of.version if made_of else run.meta["version"]
    )
    report = Report(
        title=f"{_('Månadspaket')} {pack.month}: {pack.unit.name}",
        owner=owner,
        source=source,
        day=as_of,
        page=_("Sida {page} av {pages}"),
        blocks=list(_blocks(pack, run)),
        language=(get_language() or "sv")[:2],
        landscape=True,
    )
    return pdf_of(report)


def _blocks(pack: MonthPack, run: Run) -> Iterator[Block]:
    yield Paragraph(pack.conclusion)
    yield Paragraph(_standing(pack, run), muted=True)
    yield Heading(_("Plan och utfall"))
    drawing = pack_chart(pack)
    if drawing:
        yield Chart(str(drawing), pack.conclusion)
    yield _month(pack)
    yield Paragraph(
        _("Varje slag av vård är summan av raderna under det. För få att visa, och det som saknas, visas som –."),
        muted=True,
    )
    if pack.goals:
        yield Heading(_("Mål och indikatorer"))
        heads = (
            Column(_("Indikator"), share=2),
            Column(_("Utfall"), True),
            Column(_("Mål"), True),
            Column(_("Status")),
        )
        yield Table(heads, tuple(Row((line.name, line.value, line.target, line.status[1])) for line in pack.goals))
    if pack.changed:
        yield Heading(_("Data har ändrats efter frysningen"))
        yield _changed(pack)
    yield Heading(_("Beslut"))
    yield _decisions(pack) if pack.decisions else Paragraph(_("Inga beslut."))
    yield Heading(_("Kommentarer"))
    for each in pack.comments:
        yield Quote(each.text, f"{each.author}, {moment(each.made_at)}")
    if not pack.comments:
        yield Paragraph(_("Inga kommentarer."))


def _standing(pack: MonthPack, run: Run) -> str:
    if pack.frozen:
        return _("Fryst. Fingeravtryck {print}, slumpfrö {seed}, kontrollsumma {digest}.").format(
            print=pack.frozen.fingerprint[:8], seed=pack.frozen.seed, digest=pack.frozen.digest[:16]
        )
    return _("Preliminär. Fingeravtryck {print}, slumpfrö {seed}.").format(
        print=run.meta["fingerprint"][:8], seed=run.meta["seed"]
    )


def _month(pack: MonthPack) -> Table:
    names = [_("Plan"), _("Utfall"), _("Avvikelse"), "%", _("Utfall hittills i år"), _("Årets prognos")]
    names += [_("Årets plan"), _("Avvikelse vid årets slut")]
    rows = []
    for line in pack.lines:
        row = line.row
        cells = (
            line.name,
            number(row["planned"], 1),
            number(row["counted"], 1),
            signed(row["deviation"], 1),
            percent(line.share, 1, sign=True),
            number(row["done"], 1),
            number(row["year"], 1),
            number(row["year_planned"], 1),
            signed(row["year_deviation"], 1),
        )
        rows.append(Row(cells, strong=line.is_sum, deep=not line.is_sum))
    return Table((Column(_("Slag av vård")), *(Column(name, True) for name in names)), tuple(rows))


def _changed(pack: MonthPack) -> Table:
    heads = (
        Column(_("Vad"), share=2),
        Column(_("Siffra")),
        *(Column(name, True) for name in (_("Fryst"), _("Nu"), _("Ändring"))),
    )
    rows = [
        Row((each.name, each.figure, number(each.frozen, 1), number(each.now, 1), signed(each.change, 1)))
        for each in pack.changed
    ]
    return Table(heads, tuple(rows))


def _decisions(pack: MonthPack) -> Table:
    names = {_("Beslut"): 3, _("Möte"): 2, _("Ansvarig funktion"): 2, _("Klart senast"): 1, _("Status"): 1}
    names |= {_("Utfall"): 3}
    rows = [
        Row(
            (
                each.text,
                f"{each.meeting.get_kind_display()} {each.meeting.held_on}",
                each.owner,
                str(each.due),
                each.get_state_display(),
                each.outcome,
            )
        )
        for each in pack.decisions
    ]
    return Table(tuple(Column(name, share=share) for name, share in names.items()), tuple(rows))
