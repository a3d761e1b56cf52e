"""The differences between two runs as a table for a terminal, in which each configuration is named once."""

from collections.abc import Sequence
from itertools import groupby

from holesmith.evaluation.reports.summary import Difference, aligned, percent, short_names

HEADS = ("second - first", "metric", "difference % (95 % interval)", "p", "better / worse", "cases")


def comparison_text(differences: Sequence[Difference]) -> str:
    """Write the table.

    The parts that all names share stand above the table, and a pair's name on its first line only.
    """
    names, common = short_names(
        list(dict.fromkeys(name for each in differences for name in (each.first, each.second)))
    )
    lines = [" | ".join(HEADS)]
    for (first, second), pair in groupby(differences, key=lambda each: (each.first, each.second)):
        title = names[first] if first == second else f"{names[second]} - {names[first]}"
        for row, each in enumerate(pair):
            cells = each.metric, percent(each.interval), f"{each.p:.3f}", f"{each.better} / {each.worse}"
            lines.append(" | ".join(("" if row else title, *cells, str(each.interval.count))))
    heading = f"all with {common}\n\n" if common else ""
    return heading + "\n".join(aligned(lines))
