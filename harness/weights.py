"""The catalogue of checkpoints: find, pull, check and safely load them.

A checkpoint is data. It is checked against its sha256 and read as safetensors or with ``weights_only=True``; nothing
in it is ever executed.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from harness import paths
from harness.contracts import Progress
from harness.download import download
from harness.errors import WeightsError, WeightsMissingError
from harness.specs import OFFICIAL, OWN_FILES, RecognizerSpec, SRMethodSpec, Weights

if TYPE_CHECKING:
    from torch import Tensor, nn

Networks = SRMethodSpec | RecognizerSpec
CHUNK = 1 << 20
WRAPPERS = ("params_ema", "params", "state_dict")
"""Keys under which BasicSR and mmengine keep the state dictionary, in the order in which they are preferred."""


@dataclass(frozen=True)
class Status:
    """What `verify` found about one checkpoint: `problem` is empty when the file is there and its checksum is right."""

    weights: Weights
    path: Path
    problem: str = ""


def find(spec: Networks, tag: str, *, scale: int | None = None, stream: str | None = None) -> Weights:
    """The checkpoint that a declaration lists under `tag` for this scale and stream.

    A checkpoint whose own scale (stream) is None serves every scale (stream), and one tagged ``official`` every tag
    that the method has none of.
    Raises `WeightsMissingError` that lists what there is when nothing matches.
    """
    fitting = [w for w in spec.weights if w.scale in (None, scale) and w.stream in (None, stream)]
    for wanted in (tag, OFFICIAL):
        for weights in fitting:
            if weights.tag == wanted:
                return weights
    named = ", ".join([repr(tag), *([f"x{scale}"] if scale else []), *([stream] if stream else [])])
    known = "; ".join(_describe(w) for w in spec.weights) or "none"
    raise WeightsMissingError(f"{spec.name!r} has no weights {named} (declared: {known}). {how_to_get_some(spec)}")


def how_to_get_some(spec: Networks) -> str:
    """What somebody can do who has no weights for a method: a file of their own, official ones, training."""
    own = next((f"{spec.name}:{name}=FILE" for name in OWN_FILES if name in spec.options), None)
    ways = [
        f"A file of your own: {own}." if own else "",
        f"Official ones: {spec.official}." if spec.official else "",
        f"To train some: harness train {spec.name} --benchmark NAME." if spec.trainer else "",
    ]
    return " ".join(filter(None, ways))


def installed_path(weights: Weights, name: str | None = None) -> Path:
    """Where a checkpoint lies, its sha256 checked (once per process and file).

    `name` is the method or recogniser it belongs to, for the message; it is looked up when not given.
    Raises `WeightsMissingError` with the command that gets the file, `WeightsError` on a wrong checksum.
    """
    path = _expected_path(weights)
    if not path.is_file():
        raise WeightsMissingError(_how_to_get(weights, path, name or _owner(weights)))
    stat = path.stat()
    found = _sha256_once(path, stat.st_size, stat.st_mtime_ns)
    if found != weights.sha256.lower():
        again = _how_to_mend(weights)
        raise WeightsError(f"{path}: wrong checksum; expected sha256 {weights.sha256}, found {found}; {again}")
    return path


def pull(weights: Weights, progress: Progress | None = None) -> Path:
    """Download a checkpoint into ``harness.paths.home()/weights`` and return its path; nothing to do where it is there.

    Raises as `download` does.
    """
    target = _expected_path(weights)
    if weights.url is None or target.is_file():
        return installed_path(weights)
    download(weights.url, target, weights.sha256, progress)
    return target


def verify(spec: Networks) -> list[Status]:
    """Check every checkpoint of a declaration that should be there, and say of each what is wrong with it."""
    return [_status(weights, spec.name) for weights in spec.weights]


def sha256(path: Path) -> str:
    """The sha256 of a file, in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def load_state(path: Path) -> dict[str, Tensor]:
    """Read a state dictionary onto the CPU, from safetensors or from a torch checkpoint without code in it.

    A dictionary wrapped under ``params_ema``, ``params`` or ``state_dict`` is unwrapped. Raises `WeightsMissingError`
    where there is no such file and `WeightsError` for one that is broken, carries code, or holds no tensors.
    """
    if not path.is_file():
        raise WeightsMissingError(f"{path}: no such weights file")
    content: Any = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    for key in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    import torch

    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"{path}: expected a state dictionary of tensors, found {type(content).__name__}")
    foreign = [key for key, value in content.items() if not isinstance(value, torch.Tensor)]
    if foreign:
        raise WeightsError(f"{path}: expected a state dictionary of tensors, but {foreign[0]!r} is not a tensor")
    return dict(content)


def load_into(network: nn.Module, path: Path) -> None:
    """Load a weights file into a network, every key and shape matching. Raises `WeightsError` where they do not."""
    try:
        network.load_state_dict(load_state(path))
    except RuntimeError as error:
        lines = str(error).splitlines()
        raise WeightsError(
            f"{path}: does not fit the network (are its options, such as its width, those it was trained with?)\n"
            + "\n".join(lines[1:6])
        ) from error


def save_state(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a state dictionary as safetensors, whole or not at all.

    `metadata` goes into the header's entry ``harness`` as JSON: one entry, for safetensors keeps several in random
    order and the file's sha256 should depend on its content alone.
    """
    from safetensors.torch import save

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        header = {"harness": json.dumps(dict(metadata), sort_keys=True)}
        # not `save_file`, which lets nobody but the owner read the file
        partial.write_bytes(save({k: v.detach().cpu().contiguous().clone() for k, v in state.items()}, header))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _expected_path(weights: Weights) -> Path:
    if weights.path is not None:
        return Path(weights.path)
    if weights.file is not None:
        return paths.package_path(weights.file)
    name = PurePosixPath(unquote(urlsplit(weights.url or "").path)).name or "weights"
    return paths.home() / "weights" / f"{weights.sha256.lower()[:12]}-{name}"


def _status(weights: Weights, name: str) -> Status:
    try:
        return Status(weights, installed_path(weights, name))
    except WeightsError as error:
        return Status(weights, _expected_path(weights), str(error))


def _describe(weights: Weights) -> str:
    scale = f" x{weights.scale}" if weights.scale else ""
    return f"{weights.tag}{scale}{f' {weights.stream}' if weights.stream else ''}"


def _how_to_get(weights: Weights, path: Path, name: str) -> str:
    if weights.url is not None:
        return f"{_describe(weights)} weights of {name} are not installed; get them with: harness weights pull {name}"
    if weights.path is not None:
        return f"{path}: is gone; {_how_to_mend(weights)}"
    return f"{path}: missing from the installed package; reinstall it, or train: harness train {name} --benchmark mini"


def _how_to_mend(weights: Weights) -> str:
    if weights.path is not None:
        return "remove and add it again: harness weights remove NAME TAG, harness weights add FILE --tag TAG"
    return "delete it and pull it again" if weights.url else "reinstall the package"


def _owner(weights: Weights) -> str:
    """The name of the method or recogniser that declares a checkpoint."""
    from harness.registry import registry

    known = registry()
    specs: list[Networks] = [*known.all(SRMethodSpec).values(), *known.all(RecognizerSpec).values()]
    return next((spec.name for spec in specs if weights in spec.weights), "NAME")


@lru_cache(maxsize=256)
def _sha256_once(path: Path, size: int, mtime_ns: int) -> str:
    """Size and time are part of the key, so that a file that was exchanged is read again."""
    return sha256(path)


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state: dict[str, Tensor] = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path}: not a safetensors file, or cut short: {error}") from error
    return state


def _read_torch(path: Path) -> Any:
    import torch

    try:
        with torch.serialization.safe_globals(_harmless_globals()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(_refusal(path, error)) from error
    except (RuntimeError, EOFError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise WeightsError(f"{path}: not a checkpoint, or cut short: {type(error).__name__}: {error}") from error


class _History:
    """Stands in for mmengine's HistoryBuffer while a checkpoint is read; what it held is dropped."""


def _history_statistic(owner: object, name: str) -> str:
    """Stands in for the ``getattr`` by which a HistoryBuffer names its own methods: it looks nothing up."""
    return name


def _harmless_globals() -> list[Any]:
    """What mmengine 0.10.7 saves beside tensors, a message hub with histories, which torch >= 2.6 refuses.

    mmengine's own class and ``getattr`` are read as stand-ins, so that a file that abuses them finds nothing to abuse.
    """
    import numpy as np

    multiarray: Any = getattr(np, "_core", None) or np.core
    functions = {name: getattr(multiarray.multiarray, name) for name in ("_reconstruct", "scalar")}
    named = [(f, f"numpy.{core}.multiarray.{name}") for name, f in functions.items() for core in ("core", "_core")]
    dtypes = [type(np.dtype(code)) for code in ("f8", "f4", "i8", "i4", "?")]
    stand_ins = [(_History, "mmengine.logging.history_buffer.HistoryBuffer"), (_history_statistic, "builtins.getattr")]
    return [np.ndarray, np.dtype, *dtypes, *named, *stand_ins]


def _refusal(path: Path, error: pickle.UnpicklingError) -> str:
    found = re.search(r"(?:GLOBAL|global) ([\w.]+) ", str(error))
    return (
        f"{path}: refused, for it is a pickle that names code{f' ({found[1]})' if found else ''} to be run on loading. "
        "Nothing in it was run. Where you trust it, convert it to a plain state dictionary or to safetensors."
    )
