"""The catalogue of checkpoints: find, pull and check them.

A checkpoint is data. It is checked against its sha256 and read as safetensors or with ``weights_only=True``; nothing
in it is ever executed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from harness import paths
from harness.contracts import Progress
from harness.errors import WeightsError, WeightsMissingError
from harness.files import sha256
from harness.specs import OFFICIAL, OWN_FILES, NetworkSpec, Weights
from harness.weights.pulling import install, published_name

if TYPE_CHECKING:
    from harness.weights.packages import Packages

Tags = str | Sequence[str]
"""A tag, or several in the order in which they are looked for."""


@dataclass(frozen=True)
class Status:
    """What `verify` found about one checkpoint: `problem` is empty if the file exists and its checksum is right."""

    weights: Weights
    path: Path
    problem: str = ""


def find(spec: NetworkSpec, tags: Tags, *, scale: int | None = None, stream: str | None = None) -> Weights:
    """The checkpoint that a declaration lists under the first of `tags` that it has for this scale and stream.

    A checkpoint whose own scale (stream) is None serves every scale (stream), and one tagged ``official`` serves where
    the method has none of the tags. Of several under one tag, which are the same network from different sources, the
    first that is installed is taken, and the first if none is.
    Raises `WeightsMissingError`, listing what is declared, if nothing matches.
    """
    fitting = [w for w in spec.weights if w.scale in (None, scale) and w.stream in (None, stream)]
    listed = [tags] if isinstance(tags, str) else list(tags)
    for wanted in (*listed, OFFICIAL):
        if same := [weights for weights in fitting if weights.tag == wanted]:
            return same[0] if len(same) == 1 else next(filter(installed, same), same[0])
    named = ", ".join(
        [" or ".join(map(repr, listed)), *([f"x{scale}"] if scale else []), *([stream] if stream else [])]
    )
    known = "; ".join(dict.fromkeys(_describe(w) for w in spec.weights)) or "none"
    raise WeightsMissingError(f"{spec.name!r} has no weights {named} (declared: {known}). {how_to_get_some(spec)}")


def every_tag(spec: NetworkSpec, scale: int | None = None) -> list[str]:
    """The tags of the checkpoints that a declaration lists for this scale, in its order, installed ones first."""
    fitting = [weights for weights in spec.weights if weights.scale in (None, scale)]
    return [weights.tag for weights in sorted(fitting, key=lambda weights: not installed(weights))]


def installed(weights: Weights) -> bool:
    """Whether the file of a checkpoint is there, right or not."""
    return _expected_path(weights).is_file()


def alternatives(spec: NetworkSpec) -> list[list[Weights]]:
    """The checkpoints of a declaration, those together that are the same network from different sources."""
    groups: dict[tuple[str, int | None, str | None], list[Weights]] = {}
    for weights in spec.weights:
        groups.setdefault((weights.tag, weights.scale, weights.stream), []).append(weights)
    return list(groups.values())


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
        problem = _problem_once(weights.sha256, weights.convert is not None, path, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from error
    if problem:
        raise WeightsError(f"{path}: wrong checksum; {problem}; {_how_to_mend(weights)}")
    return path


def pull(weights: Weights, name: str, progress: Progress | None = None, packages: Packages | None = None) -> Path:
    """Install a checkpoint of network `name` in ``harness.paths.home()/weights``, unless it is already there.

    Returns its path. Raises as `install` does, which explains `packages`.
    """
    target = _expected_path(weights)
    if weights.remote and not target.is_file():
        install(weights, target, progress, packages)
    return installed_path(weights, name)


def verify(spec: NetworkSpec) -> list[Status]:
    """Check every checkpoint of a declaration, and report what is wrong with each."""
    return [_status(weights, spec.name) for weights in spec.weights]


def _expected_path(weights: Weights) -> Path:
    if weights.path is not None:
        return Path(weights.path)
    if weights.file is not None:
        return paths.package_path(weights.file)
    name = Path(published_name(weights))
    file = name if weights.convert is None else name.with_suffix(".safetensors")
    return paths.home() / "weights" / f"{weights.sha256.lower()[:12]}-{file}"


def _status(weights: Weights, name: str) -> Status:
    try:
        return Status(weights, installed_path(weights, name))
    except WeightsError as error:
        return Status(weights, _expected_path(weights), str(error))


def _describe(weights: Weights) -> str:
    scale = f" x{weights.scale}" if weights.scale else ""
    return f"{weights.tag}{scale}{f' {weights.stream}' if weights.stream else ''}"


def _how_to_get(weights: Weights, path: Path, name: str) -> str:
    if weights.remote:
        command = f"harness weights pull {name}{'' if weights.tag == OFFICIAL else f' --tag {weights.tag}'}"
        return f"{_describe(weights)} weights of {name} are not installed; get them with: {command}"
    if weights.path is not None:
        return f"{path}: is gone; {_how_to_mend(weights)}"
    return f"{path}: missing from the installed package; reinstall it, or train: harness train {name}"


def _how_to_mend(weights: Weights) -> str:
    if weights.path is not None:
        return "remove and add it again: harness weights remove NAME TAG, harness weights add FILE --tag TAG"
    return "delete it and pull it again" if weights.remote else "reinstall the package"


@lru_cache(maxsize=256)
def _problem_once(digest: str, converted: bool, path: Path, size: int, mtime_ns: int) -> str:
    """Size and time are part of the key, so that a replaced file is read again."""
    if converted:
        from harness.weights.header import problem_of_converted

        return problem_of_converted(path, digest)
    found = sha256(path)
    return "" if found == digest.lower() else f"expected sha256 {digest}, found {found}"
