"""Which of the state dictionaries in a checkpoint is meant, and how it differs from a network.

Training libraries put the dictionary into others (``params_ema``, ``state_dict``, ``model``), and wrappers of networks
put a prefix before every key (``module.``, ``_orig_mod.``, ``generator.``). Both are levels of one tree here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

LEVELS = (
    "params_ema", "params-ema", "generator_ema", "net_g_ema", "model_ema", "ema", "params", "state_dict",
    "model_state_dict", "model", "net", "network", "generator", "net_g", "netG", "module", "_orig_mod",
)  # fmt: skip
"""Names under which training libraries and wrappers keep a network, in the order in which they are preferred."""
WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""Levels that wrap a network or a part of it, and are no part of what they wrap."""
PREFIXES = ("module.", "_orig_mod.", "generator.", "net_g.", "netG.")
"""Prefixes of every key that come from training, whatever the network is."""
COMPUTED = ("num_batches_tracked", "relative_position_index")
"""Counters that do not matter and tables that a network computes itself."""
SHOWN = 4


@dataclass(frozen=True)
class State:
    """Tensors by name, and the names of the levels around them."""

    levels: tuple[str, ...]
    tensors: dict[str, Tensor]

    @property
    def rank(self) -> tuple[int, ...]:
        """Smaller is preferred: known levels before none, and none before unknown ones."""
        none = len(LEVELS)
        return (*(LEVELS.index(level) if level in LEVELS else none + 1 for level in self.levels), none)

    @property
    def name(self) -> str:
        return ".".join(self.levels) or "the top level"


def states_in(content: Any) -> list[State]:
    """Every dictionary in `content` that has tensors, whatever it is wrapped in; the preferred one first."""
    import torch

    found: list[State] = []
    seen: set[int] = set()
    waiting: list[tuple[tuple[str, ...], Any]] = [((), content)]
    for levels, node in waiting:
        if not isinstance(node, Mapping) or id(node) in seen:
            continue
        seen.add(id(node))
        named = {key: value for key, value in node.items() if isinstance(key, str)}
        if tensors := {key: value for key, value in named.items() if isinstance(value, torch.Tensor)}:
            found.append(State(levels, tensors))
        waiting.extend(((*levels, key), value) for key, value in named.items())
    return sorted(found, key=lambda state: state.rank)


def without_prefixes(state: State) -> State:
    """Without the prefixes of training that all keys have."""
    for prefix in PREFIXES:
        if all(key.startswith(prefix) for key in state.tensors):
            inner = {key.removeprefix(prefix): value for key, value in state.tensors.items()}
            return without_prefixes(State((*state.levels, prefix.removesuffix(".")), inner))
    return state


def meanings(states: Iterable[State]) -> Iterator[State]:
    """What is tried in turn where the network is found by its weights: each state, and what is under its prefixes."""
    for state in states:
        yield (whole := without_prefixes(state))
        for prefix in PREFIXES:
            if any(key.startswith(prefix) for key in whole.tensors):
                yield without_prefixes(_below(whole, prefix))


def closest(states: Iterable[State], like: Mapping[str, Tensor]) -> list[State]:
    """What has most of the keys and shapes of `like`, prefixes taken off; several if nothing tells them apart."""
    candidates = [candidate for state in states for candidate in _candidates(state, like)]
    marks = [(*_agreement(candidate.tensors, like), [-rank for rank in candidate.rank]) for candidate in candidates]
    return [candidate for candidate, mark in zip(candidates, marks, strict=True) if mark == max(marks)]


@dataclass(frozen=True)
class Difference:
    """Keys that a network lacks or has alone, and a sentence for each that it has in another shape or kind."""

    missing: list[str]
    unexpected: list[str]
    different: list[str]

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.different)

    def __str__(self) -> str:
        """The first few of each."""
        named = {"missing": self.missing, "unexpected": self.unexpected, "different": self.different}
        return "; ".join(f"{what}: {_some(keys)}" for what, keys in named.items() if keys)


def difference(tensors: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> Difference:
    """How a state differs from that of a network, leaving out what networks compute themselves."""
    needed = [key for key in like if not key.endswith(COMPUTED)]
    missing = [key for key in needed if key not in tensors]
    unexpected = [key for key in tensors if key not in like and not key.endswith(COMPUTED)]
    different = [_compared(key, tensors[key], like[key]) for key in needed if key in tensors]
    return Difference(missing, unexpected, [text for text in different if text])


def _candidates(state: State, like: Mapping[str, Tensor]) -> Iterator[State]:
    for variant in dict.fromkeys((tuple(state.tensors), tuple(_unwrapped(key) for key in state.tensors))):
        if len(set(variant)) == len(state.tensors):
            tensors = dict(zip(variant, state.tensors.values(), strict=True))
            yield from (_below(State(state.levels, tensors), prefix) for prefix in _prefixes(tensors, like))


def _prefixes(tensors: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> list[str]:
    """None, and those before a key of `like`; one that is not known as a level must be before every key."""
    sought = max(like, key=len, default="")
    found = [key.removesuffix(sought) for key in tensors if key.endswith("." + sought)]
    return ["", *(prefix for prefix in found if _is_level(prefix) or all(key.startswith(prefix) for key in tensors))]


def _is_level(prefix: str) -> bool:
    return all(part in LEVELS for part in prefix.removesuffix(".").split("."))


def _below(state: State, prefix: str) -> State:
    inner = {key.removeprefix(prefix): value for key, value in state.tensors.items() if key.startswith(prefix)}
    return State((*state.levels, *filter(None, prefix.split("."))), inner)


def _unwrapped(key: str) -> str:
    return ".".join(part for part in key.split(".") if part not in WRAPPERS)


def _agreement(tensors: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> tuple[bool, int, int]:
    """Whether all fits, the number of keys with the right shape, and the number of keys."""
    shared = [key for key in like if key in tensors]
    shaped = [key for key in shared if tensors[key].shape == like[key].shape]
    return not difference(tensors, like), len(shaped), len(shared)


def _compared(key: str, found: Tensor, own: Tensor) -> str:
    if found.shape != own.shape:
        return f"{key} is {_shape(found)} in the file, {_shape(own)} in the network"
    if found.is_floating_point() != own.is_floating_point():
        return f"{key} is {_kind(found)} in the file, {_kind(own)} in the network"
    return ""


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _kind(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:SHOWN]) + (f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else "")
