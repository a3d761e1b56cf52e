"""Each model family's prompt, id by id, and that a family is known by its vocabulary alone."""

from collections.abc import Sequence

import pytest
from holesmith.context.prompt.comments import as_appendix
from holesmith.context.prompt.prompt import Hole, RepositoryFile, build_prompt
from holesmith.context.prompt.templates import TEMPLATES, template_for

from tests.fakes import byte_vocabulary

QWEN = (
    "<|endoftext|> <|im_start|> <|im_end|> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> "
    "<|repo_name|> <|file_sep|>"
)
GEMMA = "<eos> <bos> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|file_separator|>"
GRANITE = "<|end_of_text|> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|>"
STARCODER = "<|endoftext|> <fim_prefix> <fim_middle> <fim_suffix> <fim_pad> <filename> <gh_stars> <reponame>"
STARCODER_2 = "<|endoftext|> <fim_prefix> <fim_middle> <fim_suffix> <fim_pad> <repo_name> <file_sep>"
MELLUM = f"{STARCODER} <system> <think>"
CODEQWEN = "<|endoftext|> <fim_prefix> <fim_middle> <fim_suffix> <reponame> <file_sep>"
STABLE = "<|endoftext|> <fim_prefix> <fim_middle> <fim_suffix>"
SANTACODER = "<|endoftext|> <fim-prefix> <fim-middle> <fim-suffix>"
CODE_LLAMA = "</s> ▁<PRE> ▁<MID> ▁<SUF> ▁<EOT>"
DEEPSEEK = "<｜end▁of▁sentence｜> <｜fim▁begin｜> <｜fim▁hole｜> <｜fim▁end｜> <|EOT|>"
CODESTRAL = "</s> [PREFIX] [SUFFIX]"
SEED = "<[end▁of▁sentence]> <[fim-prefix]> <[fim-suffix]> <[fim-middle]>"
AIX = "</s> ▁<AIX-SPAN-PRE> ▁<AIX-SPAN-POST> ▁<AIX-SPAN-MIDDLE>"
PLAIN = "<|endoftext|> <|im_start|>"

# family, special tokens, the prompt around a hole, the same with one other file of the repository.
FAMILIES = [
    ("qwen2.5-coder", QWEN, "<|fim_prefix|>a=\n<|fim_suffix|>\nb<|fim_middle|>c",
     "<|fim_prefix|>a=\n<|fim_suffix|>\nb\n\n# x.py\nX<|fim_middle|>c"),
    ("codegemma", GEMMA, "<|fim_prefix|>a=\n<|fim_suffix|>\nb<|fim_middle|>c",
     "x.py\nX<|file_separator|>m.py\n<|fim_prefix|>a=\n<|fim_suffix|>\nb<|fim_middle|>c"),
    ("granite-4", GRANITE, "<|fim_prefix|>a=\n<|fim_suffix|>\nb<|fim_middle|>c", None),
    ("starcoder2", STARCODER_2, "<fim_prefix>a=\n<fim_suffix>\nb<fim_middle>c",
     "<repo_name>shop<file_sep>x.py\nX<file_sep><fim_prefix>m.py\na=\n<fim_suffix>\nb<fim_middle>c"),
    ("mellum", MELLUM, "<fim_suffix>\nb<fim_prefix>a=\nc<fim_middle>",
     "<reponame>shop<filename>x.py\nX<filename>m.py\n<fim_suffix>\nb<fim_prefix>a=\nc<fim_middle>"),
    ("codeqwen1.5", CODEQWEN, "<fim_prefix>a=\n<fim_suffix>\nb<fim_middle>c",
     "<reponame>shop<file_sep>x.py\nX<file_sep>m.py\n<fim_prefix>a=\n<fim_suffix>\nb<fim_middle>c"),
    ("starcoder", STARCODER, "<fim_prefix>a=\n<fim_suffix>\nb<fim_middle>c",
     "<reponame>shop<filename>x.py\nX<filename>m.py\n<fim_prefix>a=\n<fim_suffix>\nb<fim_middle>c"),
    ("stable-code", STABLE, "<fim_prefix>a=\n<fim_suffix>\nb<fim_middle>c", None),
    ("santacoder", SANTACODER, "<fim-prefix>a=\n<fim-suffix>\nb<fim-middle>c", None),
    ("codellama", CODE_LLAMA, "▁<PRE>a=\n▁<SUF>\nb▁<MID>c", None),
    ("deepseek-coder", DEEPSEEK, "<｜fim▁begin｜>a=\n<｜fim▁hole｜>\nb<｜fim▁end｜>c",
     "#x.py\nX\n#m.py\n<｜fim▁begin｜>a=\n<｜fim▁hole｜>\nb<｜fim▁end｜>c"),
    ("codestral", CODESTRAL, "[SUFFIX]\nb[PREFIX]a=\nc", None),
    ("seed-coder", SEED, "<[fim-suffix]>\nb<[fim-prefix]>a=\nc<[fim-middle]>", None),
    ("aixcoder", AIX, "▁<AIX-SPAN-PRE>a=\n▁<AIX-SPAN-POST>\nb▁<AIX-SPAN-MIDDLE>c", None),
    ("left-to-right", PLAIN, "a=\nc", None),
]  # fmt: skip


def ids_of(text: str, special: Sequence[str]) -> tuple[int, ...]:
    """The ids of a prompt spelt out, where each special token is one id and all other text is bytes."""
    ids: list[int] = []
    while text:
        marker = next((marker for marker in special if text.startswith(marker)), None)
        ids += [256 + special.index(marker)] if marker else text[0].encode()
        text = text[len(marker or text[0]) :]
    return tuple(ids)


@pytest.mark.parametrize(
    ("family", "special", "alone", "with_file"), FAMILIES, ids=[row[0] for row in FAMILIES]
)
def test_a_familys_prompt_id_by_id(family: str, special: str, alone: str, with_file: str | None) -> None:
    names = special.split()
    vocabulary = byte_vocabulary(special=names)
    template = template_for(vocabulary)
    # The word at the cursor is healed: "word" is not in the prompt, the model must begin with it.
    hole = Hole("a=\nc(word", "\nb", "m.py", "shop")
    prompt = build_prompt(hole, template, vocabulary, tokens_max=500)
    assert template.family == family
    assert prompt.token_ids == ids_of(alone, names)
    assert prompt.healed_prefix == "(word"
    files = (RepositoryFile("x.py", "X"),)
    shown = Hole("a=\nc(word", "\nb", "m.py", "shop", files, appendix=as_appendix(files, "python"))
    prompt = build_prompt(shown, template, vocabulary, tokens_max=500)
    assert prompt.token_ids == ids_of((with_file or alone), names)


def test_every_template_is_reached_by_some_vocabulary() -> None:
    reached = {template_for(byte_vocabulary(special=special.split())).family for _, special, _, _ in FAMILIES}
    assert reached == {template.family for template in TEMPLATES} | {"left-to-right"}


@pytest.mark.parametrize(
    ("family", "special"), [row[:2] for row in FAMILIES], ids=[row[0] for row in FAMILIES]
)
def test_every_marker_of_a_family_ends_the_middle(family: str, special: str) -> None:
    vocabulary = byte_vocabulary(special=special.split())
    template = template_for(vocabulary)
    stop_ids = template.stop_ids(vocabulary)
    for marker in template.specials():
        assert vocabulary.special_id(marker) in stop_ids
    assert family == "left-to-right" or stop_ids


def test_special_tokens_in_the_users_text_stay_text() -> None:
    vocabulary = byte_vocabulary()
    text = "x = '<|fim_middle|><|file_sep|>'\n"
    prompt = build_prompt(
        Hole(text, text, "<|repo_name|>.py", "r"), template_for(vocabulary), vocabulary, 500
    )
    assert [segment.kind for segment in prompt.segments if segment.kind == "marker"] == ["marker"] * 3
    specials = [token for token in prompt.token_ids if token >= 256]
    assert len(specials) == 3
