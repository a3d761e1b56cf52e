"""Token healing: where to cut the text before the cursor so that the model sees only whole tokens.

The cursor often stands inside what training text held as one token ("self.cou|nt", "foo(|)"). The text is
cut back to a boundary that tokenizers of this kind always have, and the characters cut off are demanded as
the beginning of what the model generates. Source: "Guidance" token healing; measured for the line-anchored
order, where prediction without it is much worse.
"""

import re

# A tokenizer glues one punctuation mark or space to the word that follows it, keeps runs of punctuation
# together with one space before them, and runs of space together; so those are the tails that may be partial.
PARTIAL_TOKEN = re.compile(r"(?:[^\w\r\n]?\w+| ?[^\w\s]+|[^\S\r\n]+)\Z")

PARTIAL_CHARACTERS_MAX = 64


def split_partial_token(text: str) -> tuple[str, str]:
    """Cut ``text`` into what is kept and the tail that might be part of a longer token.

    Joined again they are ``text``. A tail longer than any sensible token is not cut at all.
    """
    found = PARTIAL_TOKEN.search(text, max(0, len(text) - PARTIAL_CHARACTERS_MAX - 1))
    if found is None or len(found[0]) > PARTIAL_CHARACTERS_MAX:
        return text, ""
    return text[: found.start()], found[0]
