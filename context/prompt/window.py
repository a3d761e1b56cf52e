"""Choose the lines before and after the cursor that go into the prompt, within a budget of tokens.

The window before the cursor begins at a block: a line whose number is a multiple of the block's length. So
the window stays where it is for many keystrokes, and the prefix cache stays valid. The window after the
cursor depends only on the text after the cursor.
"""

from holesmith.context.prompt.tokenizer import Tokenizer

# A block is about an eighth of the window: rounding to blocks costs text that the model misses.
BLOCK_LINES_MAX = 16
# Tokens of the window for each line of a block.
TOKENS_PER_BLOCK_LINE = 64
# The search for what fits starts with this many characters a token; code has three or four.
CHARACTERS_PER_TOKEN_MAX = 8


def lines_before(prefix: str, tokens_max: int, tokenizer: Tokenizer) -> str:
    """Return the end of ``prefix`` that fits: whole blocks of lines if one fits at all, else a part of it."""
    reach = max(0, len(prefix) - tokens_max * CHARACTERS_PER_TOKEN_MAX)
    start, budget = len(prefix), tokens_max
    for block in reversed(block_starts(prefix, reach, block_lines(tokens_max))):
        cost = token_count(prefix[block:start], budget, tokenizer)
        if cost > budget:
            break
        start, budget = block, budget - cost
    return prefix[start:] if start < len(prefix) else longest_end(prefix, tokens_max, tokenizer)


def lines_after(suffix: str, tokens_max: int, tokenizer: Tokenizer) -> str:
    """Return the start of ``suffix`` that fits: whole lines if one fits at all, else a part of the first."""
    lines = suffix[: tokens_max * CHARACTERS_PER_TOKEN_MAX].splitlines(keepends=True)
    kept, budget = 0, tokens_max
    for line in lines:
        cost = token_count(line, budget, tokenizer)
        if cost > budget:
            break
        kept, budget = kept + len(line), budget - cost
    return suffix[:kept] if kept or not lines else longest_start(lines[0], tokens_max, tokenizer)


def block_lines(tokens_max: int) -> int:
    """Return the lines of a block for a window of ``tokens_max`` tokens.

    The length is a power of two, so that the blocks of a smaller window begin where those of a larger one
    begin.
    """
    return min(BLOCK_LINES_MAX, 1 << max(0, (tokens_max // TOKENS_PER_BLOCK_LINE).bit_length() - 1))


def block_starts(text: str, reach: int, lines: int) -> list[int]:
    """Return the offsets from ``reach`` on at which a line begins whose number is a multiple of ``lines``."""
    starts = [0] if reach == 0 else []
    line = text.count("\n", 0, reach)
    newline = text.find("\n", reach)
    while newline >= 0:
        line += 1
        if line % lines == 0:
            starts.append(newline + 1)
        newline = text.find("\n", newline + 1)
    return starts


def token_count(text: str, tokens_max: int, tokenizer: Tokenizer) -> int:
    """Return the number of tokens of ``text``; any number above ``tokens_max`` means only "too long"."""
    if len(text) > (tokens_max + 1) * CHARACTERS_PER_TOKEN_MAX:
        return tokens_max + 1
    return len(tokenizer.encode(text))


def longest_start(text: str, tokens_max: int, tokenizer: Tokenizer) -> str:
    """Return a start of ``text`` that fits, perhaps a little shorter than the longest; see `longest_end`."""
    start = text[: tokens_max * CHARACTERS_PER_TOKEN_MAX]
    while start and token_count(start, tokens_max, tokenizer) > tokens_max:
        start = start[: len(start) - len(start) // 4 - 1]
    return start


def longest_end(text: str, tokens_max: int, tokenizer: Tokenizer) -> str:
    """Return an end of ``text`` that fits.

    The text is shortened by a quarter until it fits, so the end may be a little shorter than the longest.
    """
    end = text[-tokens_max * CHARACTERS_PER_TOKEN_MAX :]
    while end and token_count(end, tokens_max, tokenizer) > tokens_max:
        end = end[len(end) // 4 + 1 :]
    return end
