"""The analysis client for programs without an event loop, such as the command line and benchmarks."""

import asyncio
from types import TracebackType
from typing import Self

from holesmith.analysis.answers import PythonEnvironment
from holesmith.analysis.client import AnalysisClient, Reply, WorkerStatus
from holesmith.analysis.options import Options
from holesmith.analysis.questions import A, Question


class BlockingAnalysisClient:
    """A blocking form of ``AnalysisClient`` with the same deadlines and worker.

    As a context manager it ends the worker.
    """

    def __init__(self, options: Options) -> None:
        self._runner = asyncio.Runner()
        self._client = AnalysisClient(options)

    @property
    def status(self) -> WorkerStatus:
        return self._client.status

    def ask(self, question: Question[A], deadline_ms: float) -> Reply[A]:
        return self._runner.run(self._client.ask(question, deadline_ms))

    def warm_up(self) -> Reply[PythonEnvironment]:
        return self._runner.run(self._client.warm_up())

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
