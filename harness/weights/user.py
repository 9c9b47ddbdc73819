"""The user's own weights, registered by ``harness weights add``.

Each is a copy of the file and an entry in ``own.json``, next to the pulled ones. From then on it is one of the method's
checkpoints, under its tag, like those that the plugin declares.
"""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from harness import paths
from harness.errors import UsageError, WeightsError
from harness.files import replacing, sha256, write_atomically
from harness.specs import NetworkSpec, RecognizerSpec, Spec, Weights

S = TypeVar("S", bound=Spec)
LARGEST_HEADER = 100_000_000
"""In bytes; the limit of safetensors itself."""


@dataclass(frozen=True)
class Own:
    """A checkpoint and the method or recogniser it is for."""

    name: str
    weights: Weights


def known() -> list[Own]:
    """Everything added so far. Raises `WeightsError` for a broken list."""
    path = _list()
    if not path.is_file():
        return []
    try:
        return [Own(entry["name"], Weights(**entry["weights"])) for entry in json.loads(path.read_text("utf-8"))]
    except (ValueError, TypeError, KeyError) as error:
        raise WeightsError(f"{path}: not a list of weights ({error}); delete it, and add your weights again") from error


def with_own(spec: S) -> S:
    """A declaration with the user's weights after its own ones."""
    if not isinstance(spec, NetworkSpec) or not _list().is_file():
        return spec
    own = tuple(entry.weights for entry in known() if entry.name == spec.name)
    return replace(spec, weights=(*spec.weights, *own)) if own else spec


def add(spec: NetworkSpec, file: Path, weights: Weights) -> Weights:
    """Copy `file` and list it as `weights`, with its checksum and path filled in.

    Raises `UsageError` for a stream that the recogniser does not have, or if the tag is taken for this scale and
    stream.
    """
    _check(spec, weights)
    digest = sha256(file)
    target = paths.home() / "weights" / f"{digest[:12]}-{file.name}"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.is_file():
        with replacing(target) as partial:
            shutil.copyfile(file, partial)
    added = replace(weights, sha256=digest, path=str(target))
    _write([*known(), Own(spec.name, added)])
    return added


def remove(name: str, tag: str) -> list[Weights]:
    """Forget every checkpoint of a method under a tag; files that are no longer listed are deleted."""
    entries = known()
    gone = [entry for entry in entries if (entry.name, entry.weights.tag) == (name, tag)]
    kept = [entry for entry in entries if entry not in gone]
    _write(kept)
    for path in {entry.weights.path for entry in gone} - {entry.weights.path for entry in kept}:
        Path(str(path)).unlink(missing_ok=True)
    return [entry.weights for entry in gone]


def described(file: Path) -> dict[str, Any]:
    """What ``harness train`` wrote into the header of a safetensors file; empty for any other file.

    Raises `WeightsError` for a safetensors file with a broken header.
    """
    if file.suffix != ".safetensors":
        return {}
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > LARGEST_HEADER:
                raise ValueError(f"a header of {length} bytes")
            header = json.loads(stream.read(length))
        written = json.loads(header.get("__metadata__", {}).get("harness", "{}"))
        scale = {"scale": int(written["scale"])} if written.get("scale") else {}
        return {**written, **scale, "options": dict(json.loads(written.get("options", "{}")))}
    except (ValueError, TypeError, struct.error, AttributeError) as error:
        raise WeightsError(f"{file}: not a safetensors file, or cut short: {error}") from error


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
