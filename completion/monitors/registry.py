"""All monitors, in the order in which they judge text at one place."""

from holesmith.completion.monitor_report import TriggerKind
from holesmith.completion.monitors.abstract_class import AbstractClassMonitor
from holesmith.completion.monitors.arguments import ArgumentMonitor, EmptyCallMonitor, KeywordMonitor
from holesmith.completion.monitors.exception import ExceptionMonitor
from holesmith.completion.monitors.imports import ImportListMonitor, ImportMonitor
from holesmith.completion.monitors.literal import LiteralMonitor
from holesmith.completion.monitors.match_case import MatchCaseMonitor
from holesmith.completion.monitors.member import MemberMonitor
from holesmith.completion.monitors.monitor import Monitor
from holesmith.completion.monitors.name import NameMonitor
from holesmith.completion.monitors.statement import Statement, Trigger, new_characters

# All monitors run on the event loop for every token, so that a tuple must do.
MONITORS: tuple[Monitor, ...] = (
    KeywordMonitor(),
    ExceptionMonitor(),
    MemberMonitor(),
    MatchCaseMonitor(),
    LiteralMonitor(),
    ImportMonitor(),
    NameMonitor(),
    AbstractClassMonitor(),
    ImportListMonitor(),
    EmptyCallMonitor(),
    ArgumentMonitor(),
)
MONITOR_OF: dict[TriggerKind, Monitor] = {monitor.kind: monitor for monitor in MONITORS}


def triggers_in(statement: Statement, generated: str, known: int) -> list[Trigger]:
    """Return the triggers that ``generated[known:]`` adds. Lexes the statement for each word."""
    return [
        trigger
        for new in new_characters(statement, generated, known)
        for monitor in MONITORS
        for trigger in monitor.triggers(statement, new)
    ]
