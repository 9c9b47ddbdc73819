"""Checkpoints into networks, and networks onto disk, without running anything that is in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import WeightsError
from harness.files import write_atomically
from harness.weights.reading import StandIns, read, require_plain
from harness.weights.states import COMPUTED, LEVELS, State, closest, difference, states_in, without_prefixes

if TYPE_CHECKING:
    from torch import Tensor, nn

OPTIONS_HINT = "are its options, such as its width and scale, those that it was trained with?"


def load_state(
    path: Path, stand_ins: StandIns | None = None, like: Mapping[str, Tensor] | None = None
) -> dict[str, Tensor]:
    """Read a state dictionary onto the CPU, from safetensors or from a torch checkpoint without code in it.

    It may be wrapped in others (``params_ema``, ``params``, ``state_dict``, ``model`` ..., preferred in this order) and
    have the prefixes of wrapped networks (``module.``, ``_orig_mod.``, ``generator.`` ...). Where the file holds
    several, that one is taken which has most in common with `like`, the state of the network that it is for.
    Floating-point numbers of any width become float32. Beside tensors the file may hold Python's and numpy's numbers,
    arrays and containers, and what `stand_ins` names. Raises `WeightsMissingError` if there is no such file and
    `WeightsError` for one that is broken, carries code, holds no tensors, or several states with nothing to choose by.
    """
    states = load_states(path, stand_ins)
    if like is not None:
        return _only(closest(states, like), path).tensors
    unknown = [level for level in states[0].levels if level not in LEVELS]
    return without_prefixes(_only(states if unknown else states[:1], path)).tensors


def load_states(path: Path, stand_ins: StandIns | None = None) -> list[State]:
    """Every state dictionary in a file, the preferred one first, for who finds out which of them fits.

    Raises as `load_state` does.
    """
    content = read(path, stand_ins or {})
    states = states_in(content)
    if not states:
        raise WeightsError(f"{path}: expected a state dictionary of tensors, {_instead(content)}")
    require_plain(((key, value) for state in states for key, value in state.tensors.items()), path)
    return [State(state.levels, {key: _single(v) for key, v in state.tensors.items()}) for state in states]


def load_into(network: nn.Module, path: Path, hint: str = OPTIONS_HINT) -> None:
    """Load a weights file into a network, every key and shape matching; `hint` says what to look at if they do not.

    Raises as `load_state` and `fill` do.
    """
    fill(network, load_state(path, like=network.state_dict()), path, hint)


def fill(network: nn.Module, state: Mapping[str, Tensor], path: Path, hint: str = OPTIONS_HINT) -> None:
    """Put a state into a network. Raises `WeightsError`, naming the first keys, if it does not fit or is not finite."""
    own = network.state_dict()
    endless = {key for key, value in own.items() if not _is_finite(value)}
    fitting = {key: value for key, value in state.items() if not _recomputed(key, value, own)}
    problem = difference(state, own)
    try:
        if problem.different:
            raise ValueError
        # strict where names differ: some networks rename the keys of older versions as they load them
        network.load_state_dict(fitting, strict=bool(problem))
    except (RuntimeError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: does not fit the network ({hint}); {problem}") from error
    require_finite({key: value for key, value in fitting.items() if key not in endless}, path)


def require_finite(state: Mapping[str, Tensor], path: Path) -> None:
    """Raise `WeightsError` naming the first weight that is NaN or infinite."""
    odd = next((key for key, value in state.items() if not _is_finite(value)), None)
    if odd is not None:
        what = "NaN" if state[odd].isnan().any() else "infinite values"
        raise WeightsError(f"{path}: {odd!r} has {what}, as after training that diverged; use an earlier file")


def save_state(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a state dictionary as safetensors, whole or not at all.

    `metadata` goes into the header's entry ``harness`` as JSON: one entry, because safetensors keeps several in
    random order and the file's sha256 should depend on its content alone.
    """
    from safetensors.torch import save

    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"harness": json.dumps(dict(metadata), sort_keys=True)}
    # not `save_file`, whose files only the owner can read
    write_atomically(path, save({k: v.detach().cpu().contiguous().clone() for k, v in state.items()}, header))


def _only(states: list[State], path: Path) -> State:
    if len(states) > 1:
        named = ", ".join(state.name for state in states[:4])
        raise WeightsError(f"{path}: holds several state dictionaries ({named}); save the one that is meant by itself")
    return states[0]


def _single(value: Tensor) -> Tensor:
    return value.detach().float() if value.is_floating_point() else value


def _is_finite(value: Tensor) -> bool:
    return not value.is_floating_point() or bool(value.isfinite().all())


def _recomputed(key: str, value: Tensor, own: Mapping[str, Tensor]) -> bool:
    return key.endswith(COMPUTED) and (key not in own or own[key].shape != value.shape)


def _instead(content: Any) -> str:
    """What is there in place of tensors, in the innermost dictionary that training libraries wrap."""
    while isinstance(content, Mapping):
        inner = next((content[level] for level in LEVELS if isinstance(content.get(level), Mapping)), None)
        if inner is None or inner is content:
            break
        content = inner
    if isinstance(content, Mapping) and content:
        return f"but {next(iter(content))!r} is not a tensor"
    return f"found {'an empty one' if isinstance(content, Mapping) else type(content).__name__}"
