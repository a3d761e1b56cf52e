"""Plots as SVG text, for a page that must not load anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# Sizes in pixels.
BAR_HEIGHT = 18
LABEL_WIDTH = 330
PLOT_WIDTH = 480
VALUE_WIDTH = 150


@dataclass(frozen=True, slots=True)
class Bar:
    """A value from 0 to 1 with its interval, and the label and note beside it."""

    label: str
    value: float
    low: float
    high: float
    note: str


def bar_plot(title: str, bars: Sequence[Bar]) -> str:
    """Draw horizontal bars from 0 to 100 %, each with its interval as a line."""
    height = (len(bars) + 1) * (BAR_HEIGHT + 6) + 24
    width = LABEL_WIDTH + PLOT_WIDTH + VALUE_WIDTH
    parts = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{escape(title)}">',
        f'<text x="0" y="14" font-weight="bold">{escape(title)}</text>',
        *(_grid_line(percent, height) for percent in range(0, 101, 25)),
        *(_bar(row, bar) for row, bar in enumerate(bars)),
        "</svg>",
    ]
    return "".join(parts)


def histogram(title: str, values: Sequence[float], unit: str, bins: int = 24) -> str:
    """Draw the frequencies of values. Values beyond the 99th percentile count in the last bin."""
    ordered = sorted(values)
    top = ordered[int(0.99 * (len(ordered) - 1))] or 1.0
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int(value / top * bins))] += 1
    height, step = 120, PLOT_WIDTH / bins
    columns = "".join(
        f'<rect x="{at * step:.1f}" y="{20 + 80 * (1 - count / max(counts)):.1f}" width="{step - 1:.1f}" '
        f'height="{80 * count / max(counts):.1f}" fill="var(--bar)"><title>{count}</title></rect>'
        for at, count in enumerate(counts)
    )
    return (
        f'<svg viewBox="0 0 {PLOT_WIDTH} {height}" width="{PLOT_WIDTH}" role="img" '
        f'aria-label="{escape(title)}">'
        f'<text x="0" y="14" font-weight="bold">{escape(title)}</text>{columns}'
        f'<text x="0" y="116">0</text><text x="{PLOT_WIDTH}" y="116" text-anchor="end">'
        f"{top:,.0f} {escape(unit)}</text></svg>"
    )


def _grid_line(percent: int, height: int) -> str:
    x = LABEL_WIDTH + PLOT_WIDTH * percent / 100
    return (
        f'<line x1="{x}" x2="{x}" y1="24" y2="{height - 18}" stroke="var(--line)"/>'
        f'<text x="{x}" y="{height - 4}" text-anchor="middle">{percent} %</text>'
    )


def _bar(row: int, bar: Bar) -> str:
    y = 28 + row * (BAR_HEIGHT + 6)
    middle = y + BAR_HEIGHT / 2
    start, stop = (LABEL_WIDTH + PLOT_WIDTH * edge for edge in (bar.low, bar.high))
    return (
        f'<text x="{LABEL_WIDTH - 8}" y="{middle + 4}" text-anchor="end">{escape(bar.label)}</text>'
        f'<rect x="{LABEL_WIDTH}" y="{y}" width="{PLOT_WIDTH * bar.value:.1f}" height="{BAR_HEIGHT}" '
        f'fill="var(--bar)" opacity="0.75"/>'
        f'<line x1="{start:.1f}" x2="{stop:.1f}" y1="{middle}" y2="{middle}" stroke="currentColor" '
        f'stroke-width="2"/>'
        f'<text x="{LABEL_WIDTH + PLOT_WIDTH + 8}" y="{middle + 4}">{escape(bar.note)}</text>'
    )
