"""Token healing: cut the text before the cursor so that the model sees only whole tokens.

The cursor often stands inside text that was one token in training ("self.cou|nt", "foo(|)"). The text is cut
back to a boundary that tokenizers of this kind always have, and the model must begin its text with the
characters that were cut off: `self.cou‸` becomes the prompt `self` and the healed prefix `.cou`. Source:
"Guidance" token healing; measured for the line-anchored order, where prediction without it is much worse.
"""

import re

# A tokenizer joins one punctuation mark or space with the word that follows it, keeps runs of punctuation
# together with one space before them, and runs of space together. So these tails may be partial tokens.
PARTIAL_TOKEN = re.compile(r"(?:[^\w\r\n]?\w+| ?[^\w\s]+|[^\S\r\n]+)\Z")

# A longer tail is longer than any sensible token.
PARTIAL_CHARACTERS_MAX = 64


def split_partial_token(text: str) -> tuple[str, str]:
    """Cut ``text`` into the part that is kept and the tail that might be part of a longer token.

    The two parts joined are ``text``. A tail of over PARTIAL_CHARACTERS_MAX characters is not cut.
    """
    found = PARTIAL_TOKEN.search(text, max(0, len(text) - PARTIAL_CHARACTERS_MAX - 1))
    if found is None or len(found[0]) > PARTIAL_CHARACTERS_MAX:
        return text, ""
    return text[: found.start()], found[0]
