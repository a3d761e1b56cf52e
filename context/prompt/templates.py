"""The fill-in-the-middle templates of the model families, chosen by vocabulary and never by a model's name.

A template is data: sequences of special tokens, fixed text and slots. Every special token that a template
names must be one id in the loaded vocabulary; otherwise the template does not apply. The user's text fills
slots only, so it can never become a special token. A vocabulary that no template fits gets a left-to-right
prompt.
"""

from dataclasses import dataclass
from enum import Enum

from holesmith.context.prompt.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Special:
    """One special token, named by its spelling in the vocabulary."""

    text: str


class Slot(Enum):
    """A place of the template for text. PATH and CODE belong to another file or to the current file."""

    PREFIX = "prefix"
    SUFFIX = "suffix"
    MIDDLE = "middle"
    REPOSITORY = "repository"
    PATH = "path"
    CODE = "code"


Piece = Special | Slot | str


@dataclass(frozen=True, slots=True)
class RepositoryLayout:
    """The layout of several files that a family was trained on.

    The prompt has ``header`` once, ``file`` for each other file, then ``current``. ``in_prefix`` stands
    inside the hole, at the very start of the prefix.
    """

    header: tuple[Piece, ...]
    file: tuple[Piece, ...]
    current: tuple[Piece, ...]
    in_prefix: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """The prompt of one model family.

    ``hole`` is the prompt around one hole. ``requires`` are further special tokens that tell this family from
    others with the same markers; ``excludes`` are tokens that its vocabulary lacks. ``stops`` end the middle,
    besides the vocabulary's own end tokens. ``repository`` is None if the family was trained on single files,
    or if ``appends_files`` says that it does better with other files behind the suffix. ``anchorable`` says
    that the model may be given the first part of the middle after its last marker, which requires that the
    prefix comes before the suffix.
    """

    family: str
    hole: tuple[Piece, ...]
    stops: tuple[str, ...] = ()
    repository: RepositoryLayout | None = None
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    appends_files: bool = False

    @property
    def anchorable(self) -> bool:
        return self.hole[-1] is Slot.MIDDLE

    @property
    def fills_middle(self) -> bool:
        return Slot.SUFFIX in self.hole

    def specials(self) -> tuple[str, ...]:
        """Return every special token that the prompt can contain."""
        layout = self.repository
        repository = (*layout.header, *layout.file, *layout.current) if layout else ()
        return tuple(piece.text for piece in (*self.hole, *repository) if isinstance(piece, Special))

    def fits(self, tokenizer: Tokenizer) -> bool:
        """True if the vocabulary has the special tokens of this family and none that it excludes."""
        present = all(tokenizer.special_id(text) is not None for text in (*self.specials(), *self.requires))
        return present and all(tokenizer.special_id(text) is None for text in self.excludes)

    def stop_ids(self, tokenizer: Tokenizer) -> frozenset[int]:
        """Return the ids that end a middle: the vocabulary's end tokens and every marker of the family."""
        markers = (tokenizer.special_id(text) for text in (*self.specials(), *self.stops))
        return tokenizer.end_ids | {marker for marker in markers if marker is not None}


def prefix_suffix_middle(prefix: str, suffix: str, middle: str) -> tuple[Piece, ...]:
    return (Special(prefix), Slot.PREFIX, Special(suffix), Slot.SUFFIX, Special(middle), Slot.MIDDLE)


def suffix_prefix_middle(suffix: str, prefix: str, middle: str) -> tuple[Piece, ...]:
    return (Special(suffix), Slot.SUFFIX, Special(prefix), Slot.PREFIX, Special(middle))


PIPES = prefix_suffix_middle("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
ANGLES = prefix_suffix_middle("<fim_prefix>", "<fim_suffix>", "<fim_middle>")

QWEN = Template(
    family="qwen2.5-coder",
    hole=PIPES,
    stops=("<|fim_pad|>", "<|endoftext|>", "<|im_end|>", "<|repo_name|>", "<|file_sep|>"),
    requires=("<|repo_name|>", "<|file_sep|>"),
    # Qwen was trained on whole files before the hole, between these two markers. With pieces of files it does
    # better if they stand behind the suffix, as in its authors' own evaluation
    # (docs/results/2026-11-26-place-of-context.md).
    appends_files=True,
)
CODEGEMMA = Template(
    family="codegemma",
    hole=PIPES,
    repository=RepositoryLayout(
        header=(),
        file=(Slot.PATH, "\n", Slot.CODE, Special("<|file_separator|>")),
        current=(Slot.PATH, "\n"),
    ),
)
GRANITE_4 = Template(
    family="granite-4",
    hole=PIPES,
    stops=("<|end_of_text|>", "<|fim_pad|>"),
    excludes=("<|repo_name|>", "<|file_separator|>"),
)
STARCODER_2 = Template(
    family="starcoder2",
    hole=ANGLES,
    stops=("<|endoftext|>",),
    repository=RepositoryLayout(
        header=(Special("<repo_name>"), Slot.REPOSITORY),
        file=(Special("<file_sep>"), Slot.PATH, "\n", Slot.CODE),
        current=(Special("<file_sep>"),),
        in_prefix=(Slot.PATH, "\n"),
    ),
)
MELLUM = Template(
    family="mellum",
    hole=suffix_prefix_middle("<fim_suffix>", "<fim_prefix>", "<fim_middle>"),
    stops=("<|endoftext|>",),
    repository=RepositoryLayout(
        header=(Special("<reponame>"), Slot.REPOSITORY),
        file=(Special("<filename>"), Slot.PATH, "\n", Slot.CODE),
        current=(Special("<filename>"), Slot.PATH, "\n"),
    ),
    # The vocabulary has StarCoder's markers, and beside them the roles of a chat, which StarCoder lacks.
    requires=("<think>", "<system>"),
)
CODEQWEN = Template(
    family="codeqwen1.5",
    hole=ANGLES,
    stops=("<|endoftext|>",),
    repository=RepositoryLayout(
        header=(Special("<reponame>"), Slot.REPOSITORY),
        file=(Special("<file_sep>"), Slot.PATH, "\n", Slot.CODE),
        current=(Special("<file_sep>"), Slot.PATH, "\n"),
    ),
)
STARCODER = Template(
    family="starcoder",
    hole=ANGLES,
    stops=("<|endoftext|>", "<|end_of_text|>"),
    repository=RepositoryLayout(
        header=(Special("<reponame>"), Slot.REPOSITORY),
        file=(Special("<filename>"), Slot.PATH, "\n", Slot.CODE),
        current=(Special("<filename>"), Slot.PATH, "\n"),
    ),
)
STABLE_CODE = Template(family="stable-code", hole=ANGLES, stops=("<|endoftext|>",))
SANTACODER = Template(
    family="santacoder",
    hole=prefix_suffix_middle("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    stops=("<|endoftext|>",),
)
CODE_LLAMA = Template(
    family="codellama",
    hole=prefix_suffix_middle("▁<PRE>", "▁<SUF>", "▁<MID>"),
    stops=("▁<EOT>",),
)
DEEPSEEK = Template(
    family="deepseek-coder",
    hole=prefix_suffix_middle("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
    stops=("<｜end▁of▁sentence｜>", "<|EOT|>"),
    repository=RepositoryLayout(
        header=(), file=("#", Slot.PATH, "\n", Slot.CODE, "\n"), current=("#", Slot.PATH, "\n")
    ),
)
CODESTRAL = Template(
    family="codestral",
    # There is no marker between prefix and middle, so the model simply continues the end of the prompt.
    hole=(Special("[SUFFIX]"), Slot.SUFFIX, Special("[PREFIX]"), Slot.PREFIX),
)
SEED_CODER = Template(
    family="seed-coder",
    hole=suffix_prefix_middle("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"),
    stops=("<[end▁of▁sentence]>",),
)
AIXCODER = Template(
    family="aixcoder",
    hole=prefix_suffix_middle("▁<AIX-SPAN-PRE>", "▁<AIX-SPAN-POST>", "▁<AIX-SPAN-MIDDLE>"),
)
LEFT_TO_RIGHT = Template(family="left-to-right", hole=(Slot.PREFIX,))

# From the most particular vocabulary to the least: the first that fits is the family.
TEMPLATES = (
    QWEN,
    CODEGEMMA,
    GRANITE_4,
    STARCODER_2,
    MELLUM,
    CODEQWEN,
    STARCODER,
    STABLE_CODE,
    SANTACODER,
    CODE_LLAMA,
    DEEPSEEK,
    CODESTRAL,
    SEED_CODER,
    AIXCODER,
)


def template_for(tokenizer: Tokenizer) -> Template:
    """Return the first family whose special tokens the vocabulary has, each as one id; else left to right."""
    return next((template for template in TEMPLATES if template.fits(tokenizer)), LEFT_TO_RIGHT)
