"""The catalogue of checkpoints: find, pull and check them.

A checkpoint is data. It is checked against its sha256 and read as safetensors or with ``weights_only=True``; nothing
in it is ever executed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from harness import paths
from harness.contracts import Progress
from harness.errors import WeightsError, WeightsMissingError
from harness.files import sha256
from harness.specs import OFFICIAL, OWN_FILES, NetworkSpec, Weights
from harness.weights.download import download


@dataclass(frozen=True)
class Status:
    """What `verify` found about one checkpoint: `problem` is empty if the file exists and its checksum is right."""

    weights: Weights
    path: Path
    problem: str = ""


def find(spec: NetworkSpec, tag: str, *, scale: int | None = None, stream: str | None = None) -> Weights:
    """The checkpoint that a declaration lists under `tag` for this scale and stream.

    A checkpoint whose own scale (stream) is None serves every scale (stream), and one tagged ``official`` serves every
    tag for which the method has no checkpoint.
    Raises `WeightsMissingError`, listing what is declared, if nothing matches.
    """
    fitting = [w for w in spec.weights if w.scale in (None, scale) and w.stream in (None, stream)]
    for wanted in (tag, OFFICIAL):
        for weights in fitting:
            if weights.tag == wanted:
                return weights
    named = ", ".join([repr(tag), *([f"x{scale}"] if scale else []), *([stream] if stream else [])])
    known = "; ".join(_describe(w) for w in spec.weights) or "none"
    raise WeightsMissingError(f"{spec.name!r} has no weights {named} (declared: {known}). {how_to_get_some(spec)}")


def how_to_get_some(spec: NetworkSpec) -> str:
    """Ways to get weights for a method: one's own file, official ones, training."""
    own = next((f"{spec.name}:{name}=FILE" for name in OWN_FILES if name in spec.options), None)
    ways = [
        f"A file of your own: {own}." if own else "",
        f"Official ones: {spec.official}." if spec.official else "",
        f"To train some: harness train {spec.name} --benchmark NAME." if spec.trainer else "",
    ]
    return " ".join(filter(None, ways))


def installed_path(weights: Weights, name: str) -> Path:
    """Path of a checkpoint whose sha256 has been checked (once per process and file).

    `name` is the network that it belongs to, for the message.
    Raises `WeightsMissingError` with the command that gets the file, and `WeightsError` on a wrong checksum.
    """
    path = _expected_path(weights)
    if not path.is_file():
        raise WeightsMissingError(_how_to_get(weights, path, name))
    try:
        stat = path.stat()
        found = _sha256_once(path, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from error
    if found != weights.sha256.lower():
        again = _how_to_mend(weights)
        raise WeightsError(f"{path}: wrong checksum; expected sha256 {weights.sha256}, found {found}; {again}")
    return path


def pull(weights: Weights, name: str, progress: Progress | None = None) -> Path:
    """Download a checkpoint of network `name` into ``harness.paths.home()/weights``, unless it is already there.

    Returns its path. Raises as `download` does.
    """
    target = _expected_path(weights)
    if weights.url is None or target.is_file():
        return installed_path(weights, name)
    download(weights.url, target, weights.sha256, progress)
    return target


def verify(spec: NetworkSpec) -> list[Status]:
    """Check every checkpoint of a declaration, and report what is wrong with each."""
    return [_status(weights, spec.name) for weights in spec.weights]


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
    return f"{path}: missing from the installed package; reinstall it, or train: harness train {name}"


def _how_to_mend(weights: Weights) -> str:
    if weights.path is not None:
        return "remove and add it again: harness weights remove NAME TAG, harness weights add FILE --tag TAG"
    return "delete it and pull it again" if weights.url else "reinstall the package"


@lru_cache(maxsize=256)
def _sha256_once(path: Path, size: int, mtime_ns: int) -> str:
    """Size and time are part of the key, so that a replaced file is read again."""
    return sha256(path)
