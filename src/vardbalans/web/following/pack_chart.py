"""The month pack's chart as SVG: how far each kind of care reached of its plan.

The month is a bar and the expected year a dot. It is drawn once, for the page and for the PDF: colours stand as
attributes, which the style sheet overrides on screen.
"""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vardbalans.web import numbers
from vardbalans.web.following.pack import MonthPack, PackLine

__all__ = ["pack_chart"]

_WIDTH, _NAMES, _ROW, _TOP, _FIGURES = 640, 150, 26, 26, 210
_OVER, _UNDER, _INK, _MUTED = "#b35806", "#2166ac", "#1b2733", "#52606d"
_FONT = "Libertinus Serif, sans-serif"


def pack_chart(pack: MonthPack) -> SafeString:
    """Return the drawing: a bar from zero per kind of care with its plan as a line, and a dot for the year.

    Nothing where no kind of care has both a plan and an outcome.
    """
    lines = [line for line in pack.lines if line.is_sum and line.share is not None]
    if not lines:
        return format_html("")
    reached = [1 + share for line in lines for share in (line.share, line.year_share) if share is not None]
    scale = (_WIDTH - _NAMES - _FIGURES) / max(1.1, *reached)
    height = _TOP + _ROW * len(lines) + 6
    plan = _NAMES + scale
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="drawn" viewBox="0 0 {w} {h}" role="img" aria-label="{alt}"'
        ' font-family="{font}" font-size="12" fill="{ink}">{rows}'
        '<line class="plan" x1="{plan}" x2="{plan}" y1="{top}" y2="{h}" stroke="{ink}" stroke-width="1.5"/>'
        '<text x="{plan}" y="14" text-anchor="middle">{planned}</text>'
        '<circle class="year" cx="{dot}" cy="10" r="4" fill="none" stroke="{muted}" stroke-width="1.5"/>'
        '<text class="muted" x="{beside}" y="14" fill="{muted}">{year}</text></svg>',
        w=_WIDTH,
        h=height,
        alt=pack.conclusion,
        font=_FONT,
        ink=_INK,
        muted=_MUTED,
        rows=format_html_join("", "{}", ((_row(line, at, scale),) for at, line in enumerate(lines))),
        plan=_px(plan),
        top=_TOP - 6,
        planned=_("Planen"),
        dot=_WIDTH - _FIGURES + 24,
        beside=_WIDTH - _FIGURES + 34,
        year=_("Hela året enligt prognosen"),
    )


def _row(line: PackLine, at: int, scale: float) -> SafeString:
    share = line.share or 0.0
    middle = _TOP + _ROW * at + _ROW / 2
    year = 1 + line.year_share if line.year_share is not None else None
    return format_html(
        '<text x="{names}" y="{text}" text-anchor="end">{name}</text>'
        '<rect class="{kind}" x="{left}" y="{y}" width="{w}" height="14" fill="{colour}"/>{year}'
        '<text x="{figures}" y="{text}">{mark} {share}</text>',
        names=_NAMES - 8,
        text=middle + 4,
        name=line.name,
        kind="over" if share > 0 else "under",
        left=_NAMES,
        y=middle - 7,
        w=_px(scale * (1 + share)),
        colour=_OVER if share > 0 else _UNDER,
        year=_dot(_NAMES + scale * year, middle) if year is not None else "",
        figures=_WIDTH - _FIGURES + 20,
        mark="▲" if share > 0 else "▼" if share < 0 else "",
        share=numbers.percent(share, 1, sign=True),
    )


def _dot(x: float, y: float) -> SafeString:
    return format_html(
        '<circle class="year" cx="{}" cy="{}" r="4" fill="#ffffff" stroke="{}" stroke-width="1.5"/>',
        *(_px(x), _px(y), _MUTED),
    )


def _px(value: float) -> str:
    return f"{value:.1f}"
