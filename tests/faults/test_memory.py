"""What is kept of documents is bounded, however large they are and however often they are asked about."""

import gc
import tracemalloc

from holesmith.completion.answer import Answer, Completion
from holesmith.completion.scheduling.completion_cache import CompletionCache
from holesmith.completion.snapshot import Snapshot

CHARACTERS = 1_000_000


def test_completions_of_huge_documents_keep_only_the_last_few_of_their_texts() -> None:
    recent = CompletionCache()
    tracemalloc.start()
    text = ""
    for number in range(60):
        text = f"{number}😀".ljust(CHARACTERS)
        completion = Completion("x = 1", CHARACTERS, CHARACTERS, 0.5)
        recent.add(Snapshot("/shop/a.py", "python", text, CHARACTERS), Answer(completion, "shown", "fake"))
    del text
    gc.collect()
    kept_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept_bytes < 12 * 4 * CHARACTERS
    last = f"{59}😀".ljust(CHARACTERS)
    found = recent.find(Snapshot("/shop/a.py", "python", last + "x", CHARACTERS + 1))
    assert found is not None
    assert found[1].completion is not None
    assert found[1].completion.text == " = 1"
