"""A wrapper around the engine: it gives every request the run's sampling, and keeps the first request.

Completion decodes greedily and knows nothing of samples; evaluation must draw several. The first request of
an answer has the prompt as the model saw it, with which the true text can be scored too.
"""

from dataclasses import replace

from holesmith.engine.interface import Engine, ModelDescription, Stream
from holesmith.engine.request import Request, Sampling
from holesmith.engine.vocabulary.vocabulary import Vocabulary


class SampledEngine:
    """Implements `engine.interface.Engine`.

    ``sampling`` applies to requests started from now on. ``first`` is the first request since ``first`` was
    set to None.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.sampling = Sampling()
        self.first: Request | None = None

    @property
    def description(self) -> ModelDescription:
        """See `engine.interface.Engine`."""
        return self._engine.description

    @property
    def vocabulary(self) -> Vocabulary:
        """See `engine.interface.Engine`."""
        return self._engine.vocabulary

    def start(self, request: Request) -> Stream:
        """See `engine.interface.Engine`."""
        self.first = self.first or request
        return self._engine.start(replace(request, sampling=self.sampling))

    async def close(self) -> None:
        """See `engine.interface.Engine`."""
        await self._engine.close()
