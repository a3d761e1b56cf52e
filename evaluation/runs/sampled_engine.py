"""An engine in front of the engine: gives every request the sampling of the run, and says what was asked.

Completion decodes greedily and knows nothing of samples; evaluation must draw several. The first request of
an answer has the prompt as the model saw it, by which the truth can be judged too.
"""

from dataclasses import replace

from holesmith.engine.interface import Engine, ModelDescription, Stream
from holesmith.engine.request import Request, Sampling
from holesmith.engine.vocabulary.vocabulary import Vocabulary


class SampledEngine:
    """Implements `engine.seam.Engine`. ``sampling`` holds for the requests started from now on. ``first`` is
    the first of them since it was set to None.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.sampling = Sampling()
        self.first: Request | None = None

    @property
    def description(self) -> ModelDescription:
        """See `engine.seam.Engine`."""
        return self._engine.description

    @property
    def vocabulary(self) -> Vocabulary:
        """See `engine.seam.Engine`."""
        return self._engine.vocabulary

    def start(self, request: Request) -> Stream:
        """See `engine.seam.Engine`."""
        self.first = self.first or request
        return self._engine.start(replace(request, sampling=self.sampling))

    async def close(self) -> None:
        """See `engine.seam.Engine`."""
        await self._engine.close()
