"""The user's own weights, registered by ``harness weights add``.

Each is a copy of the file and an entry in ``own.json``, next to the pulled ones. From then on it is one of the method's
checkpoints, under its tag, like those that the plugin declares.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from harness import paths
from harness.errors import UsageError, WeightsError
from harness.files import replacing, sha256, write_atomically
from harness.specs import NetworkSpec, RecognizerSpec, Spec, Weights

S = TypeVar("S", bound=Spec)
LONGEST_NAME = 80
"""Bytes of a name, and of its suffix, that a copy keeps."""


@dataclass(frozen=True)
class Own:
    """A checkpoint and the method or recogniser it is for."""

    name: str
    weights: Weights


def known() -> list[Own]:
    """Everything added so far. Raises `WeightsError` for a list that cannot be read or is broken."""
    path = _list()
    if not path.exists():
        return []
    from pydantic import TypeAdapter, ValidationError

    try:
        entries = TypeAdapter(list[Own]).validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise _broken(f"{where}: {wrong['msg']}" if where else wrong["msg"]) from error
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from error
    if nowhere := next((entry for entry in entries if not entry.weights.path), None):
        raise _broken(f"{nowhere.name} {nowhere.weights.tag} has no path")
    return entries


def with_own(spec: S) -> S:
    """A declaration with the user's weights after its own ones."""
    if not isinstance(spec, NetworkSpec) or not _list().exists():
        return spec
    own = tuple(entry.weights for entry in known() if entry.name == spec.name)
    return replace(spec, weights=(*spec.weights, *own)) if own else spec


def add(spec: NetworkSpec, file: Path, weights: Weights) -> Weights:
    """Copy `file` and list it as `weights`, with its checksum and path filled in.

    Raises `UsageError` for a stream that the recogniser does not have, or if the tag is taken for this scale and
    stream, and `WeightsError` for a file that is empty or cannot be read or copied.
    """
    _check(spec, weights)
    folder = _list().parent
    try:
        if not file.stat().st_size:
            raise WeightsError(f"{file}: is empty")
        digest = sha256(file)
        target = folder / f"{digest[:12]}-{_name_of_copy(file)}"
        folder.mkdir(parents=True, exist_ok=True)
        if not target.is_file():
            with replacing(target) as partial:
                shutil.copyfile(file, partial)
        added = replace(weights, sha256=digest, path=str(target))
        _write([*known(), Own(spec.name, added)])
    except OSError as error:
        raise WeightsError(f"cannot copy {file} to {folder}: {error.strerror or error}") from error
    return added


def remove(name: str, tag: str) -> list[Weights]:
    """Forget every checkpoint of a method under a tag, and delete copies that are no longer listed.

    A path that leads out of the folder of copies is only forgotten: what is there was not put there by `add`.
    Raises `WeightsError` if the list or a copy cannot be changed.
    """
    entries = known()
    gone = [entry for entry in entries if (entry.name, entry.weights.tag) == (name, tag)]
    kept = [entry for entry in entries if entry not in gone]
    try:
        if gone:
            _write(kept)
        for path in {entry.weights.path for entry in gone} - {entry.weights.path for entry in kept}:
            if _is_copy(Path(str(path))):
                Path(str(path)).unlink(missing_ok=True)
    except OSError as error:
        raise WeightsError(f"cannot remove {name} {tag} from {_list().parent}: {error.strerror or error}") from error
    return [entry.weights for entry in gone]


def _is_copy(path: Path) -> bool:
    """Whether a path is a file directly in the folder of copies, or a link there, which is removed itself."""
    folder = _list().parent
    try:
        inside = path.parent.resolve() == folder.resolve() and path.name != _list().name
        return inside and (path.is_symlink() or path.is_file())
    except ValueError:  # a NUL byte
        return False


def _name_of_copy(file: Path) -> str:
    """The file's name as text that can be listed, short enough for a checksum before it."""
    stem, suffix = (part.encode("utf-8", "replace") for part in (file.stem, file.suffix))
    return (stem[:LONGEST_NAME] + suffix[-LONGEST_NAME:]).decode("utf-8", "ignore")


def _broken(reason: str) -> WeightsError:
    return WeightsError(f"{_list()}: not a list of weights ({reason}); delete it, and add your weights again")


def _check(spec: NetworkSpec, weights: Weights) -> None:
    if isinstance(spec, RecognizerSpec) and weights.stream not in spec.streams:
        raise UsageError(f"{spec.name} has the streams {', '.join(spec.streams)}: say which with --stream")
    for other in spec.weights:
        if (other.tag, other.scale, other.stream) == (weights.tag, weights.scale, weights.stream):
            raise UsageError(
                f"{spec.name} already has weights {weights.tag!r} for this scale and stream; give another --tag, or "
                f"(if they are your own) harness weights remove {spec.name} {weights.tag}"
            )


def _write(entries: Sequence[Own]) -> None:
    path = _list()
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = [{"name": entry.name, "weights": {**asdict(entry.weights)}} for entry in entries]
    write_atomically(path, json.dumps(facts, indent=1))


def _list() -> Path:
    return paths.home() / "weights" / "own.json"
