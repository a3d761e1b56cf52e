"""RepoFusion's 63 prompt proposals: ten kinds of files, seven types of content, three shares of the budget.

Source: RLPG (Shrivastava et al.) and RepoFusion. A proposal's name is ``<source>#<type>#<ratio>``, and the
last one, ``codex``, is the text before the hole. Two differences are on purpose: a file is cut at whole
lines, and each file of a proposal is a snippet of its own, so that the same file from two proposals is shown
once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from holesmith.context.index.reader import Index
from holesmith.context.snippet import LineSpan, Snippet
from holesmith.context.sources.proposal_contents import TYPES, FileContents
from holesmith.context.sources.proposal_files import ProposalFiles
from holesmith.context.surroundings import Surroundings

OTHER_SOURCES = (
    "parent_class_file",
    "import_file",
    "sibling_file",
    "similar_name_file",
    "child_class_file",
    "import_of_sibling_file",
    "import_of_similar_name_file",
    "import_of_parent_class_file",
    "import_of_child_class_file",
)
LINE_RATIOS = (0.25, 0.5, 0.75)
# Characters of the whole budget of a proposal; its ratio takes a share of it.
BUDGET_CHARACTERS = 4_000
# Snippets of all proposals together.
SNIPPETS_MAX = 12
# One more file is added only if this much of the budget is left, so that it can say something.
BLOCK_CHARACTERS_MIN = 80

# The promise of each part of a name, for the order of the snippets; types with whole code before lists.
_SOURCE_WORTH = {
    "in_file": 1.0,
    "import_file": 0.9,
    "parent_class_file": 0.9,
    "sibling_file": 0.7,
    "similar_name_file": 0.7,
    "child_class_file": 0.6,
}
_TYPE_WORTH = {
    "lines": 1.0,
    "method_names_and_bodies": 0.9,
    "field_declarations": 0.5,
    "method_names": 0.4,
    "type_identifiers": 0.25,
    "identifiers": 0.2,
    "string_literals": 0.1,
}
_IMPORT_OF_WORTH = 0.4


@dataclass(frozen=True, slots=True)
class Rule:
    """One proposal: take content of ``type`` from the files of ``source`` for ``ratio`` of the budget."""

    source: str
    type: str
    ratio: float

    @property
    def name(self) -> str:
        return self.source if self.source == "codex" else f"{self.source}#{self.type}#{self.ratio:g}"

    @property
    def worth(self) -> float:
        return _SOURCE_WORTH.get(self.source, _IMPORT_OF_WORTH) * _TYPE_WORTH.get(self.type, 0.0)


@dataclass(frozen=True, slots=True)
class Block:
    """The text that one file gives to a proposal; ``span`` is set if the text is a
    run of the file's lines.
    """

    path: str
    text: str
    span: LineSpan | None = None


def rules() -> tuple[Rule, ...]:
    """Return all 63, in the published order: eight of the file itself, six of each
    other source, the prior.
    """
    lists = [content for content in TYPES if content != "lines"]
    own = [Rule("in_file", content, 0.5) for content in lists if content != "method_names_and_bodies"]
    own += [Rule("in_file", "lines", ratio) for ratio in LINE_RATIOS]
    others = [Rule(source, content, 0.5) for source in OTHER_SOURCES for content in lists]
    return (*own, *others, Rule("codex", "lines", 1.0))


def snippets(around: Surroundings, index: Index) -> Iterator[Snippet]:
    """Yield the proposals' blocks, the most promising first; text that the prompt has anyway is dropped
    later.
    """
    proposer = Proposer(around, index)
    seen: set[tuple[str, str]] = set()
    count = 0
    for rule in sorted(rules(), key=lambda rule: -rule.worth):
        if rule.source == "codex":
            continue
        for rank, block in enumerate(proposer.blocks(rule)[:3]):
            if (block.path, block.text) in seen or not block.text.strip():
                continue
            seen.add((block.path, block.text))
            reason = f"prompt proposal {rule.name}"
            score = rule.worth / (1 + 0.3 * rank)
            yield Snippet(block.text, "proposals", block.path, block.span, score, reason)
            count += 1
            if count == SNIPPETS_MAX:
                return


class Proposer:
    """Make the proposals of one hole; files are read and parsed once for all of them."""

    def __init__(self, around: Surroundings, index: Index) -> None:
        self._around = around
        self._index = index
        self._files = ProposalFiles(around, index)
        self._contents: dict[str, FileContents] = {}

    def blocks(self, rule: Rule) -> list[Block]:
        """Return the blocks of ``rule``, file by file, the best first, cut to the
        rule's share of the budget.
        """
        characters = int(BUDGET_CHARACTERS * rule.ratio)
        if rule.source == "codex":
            text = cut_front(self._around.request.prefix, characters)
            return [Block(self._around.request.path, text)] if text else []
        if rule.source == "in_file":
            return self._own_blocks(rule, characters)
        blocks: list[Block] = []
        for path in self._files.of(rule.source):
            text = self._content(path).of(rule.type)
            cut = cut_front if rule.source == "parent_class_file" else cut_back
            shown = cut(text, characters)
            is_crumb = shown != text and len(shown) < BLOCK_CHARACTERS_MIN
            if shown.strip() and not is_crumb:
                blocks.append(Block(path, shown))
                characters -= len(shown)
            if characters < BLOCK_CHARACTERS_MIN:
                break
        return blocks

    def text(self, rule: Rule) -> str:
        """Return the proposal as one text, as published: blocks are prepended, so
        the best file ends nearest.
        """
        blocks = self.blocks(rule)
        if rule.source in ("codex", "in_file"):
            return "".join(block.text for block in blocks)
        return "\n".join(f"[{block.path}] {block.text}" for block in reversed(blocks))

    def _own_blocks(self, rule: Rule, characters: int) -> list[Block]:
        """Return a block of the text after the hole's line, else one of the text of the whole file.

        The text after the hole's line is cut at its end; the text of the whole file is cut at its start.
        """
        around = self._around
        first = around.hole_line + 1
        after = "\n".join(around.lines[first:])
        symbols = around.parsed.symbols
        language = around.request.language
        text = cut_back(FileContents(language, after, symbols, first).of(rule.type), characters)
        if not text.strip() and rule.type != "lines":
            text = cut_front(FileContents(language, around.text, symbols).of(rule.type), characters)
        if not text.strip():
            return []
        span = LineSpan(first, first + text.count("\n") + 1) if rule.type == "lines" else None
        return [Block(around.request.path, text, span)]

    def _content(self, path: str) -> FileContents:
        if path not in self._contents:
            text = self._around.request.unsaved.get(path) or self._index.text(path) or ""
            language = self._around.request.language
            self._contents[path] = FileContents(language, text, self._index.symbols(path))
        return self._contents[path]


def cut_back(text: str, characters: int) -> str:
    """Cut ``text`` at its end, in whole lines; a list on one line is cut between its items."""
    if len(text) <= characters:
        return text
    kept = text[: max(0, characters)]
    return kept.rpartition("\n")[0] or kept.rpartition(", ")[0]


def cut_front(text: str, characters: int) -> str:
    """Cut ``text`` at its start, in whole lines; a list on one line is cut between its items."""
    if len(text) <= characters:
        return text
    kept = text[-characters:] if characters > 0 else ""
    return kept.partition("\n")[2] or kept.partition(", ")[2]
