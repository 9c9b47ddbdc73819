"""Which methods and pairs ``--sr`` stands for, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping

from harness.choice import Choice
from harness.errors import UsageError
from harness.planning.benchmark import Benchmark
from harness.planning.in_time import drops_frames, fits_alone, refuse_bare_floor
from harness.planning.steps import unweighted
from harness.registry import Registry
from harness.specs import CEILING, SRMethodSpec
from harness.syntax import ALL, Item, parse_item, parse_list, parse_method


def wanted_methods(text: str, registry: Registry, benchmark: Benchmark) -> list[Choice]:
    """Methods named by ``--sr``, the parts of pairs among them, with floor and ceiling always included, each once.

    There is no ceiling if there are no HR frames. A label of the text or of the benchmark file stands for its method.
    Raises `UsageError` for a label that is the name of another method, and for a floor that leaves frames unmade.
    """
    floor = parse_method(benchmark.floor)
    if dropped := drops_frames(benchmark, registry):
        refuse_bare_floor(benchmark, unweighted(floor, registry).steps[-1].spec, registry)
    names = [Choice(CEILING), floor] if benchmark.has_hr else [floor]
    names += [choice for item in _items(text, registry, benchmark) for choice in item]
    if text.strip() == ALL:
        # whoever installs a plugin wants to see it in `all`
        fitting = [name for name, spec in registry.all(SRMethodSpec).items() if fits_alone(spec, dropped=dropped)]
        owner = {name: registry.owners[SRMethodSpec, name] for name in fitting}
        names += [Choice(name) for name, plugin in owner.items() if plugin not in registry.builtin]
    return list(dict.fromkeys(names))


def wanted_pairs(text: str, registry: Registry, benchmark: Benchmark) -> list[str]:
    """The pairs ``a+b`` among the methods of ``--sr``, each once, spelt as their methods are labelled."""
    pairs = [item for item in _items(text, registry, benchmark) if len(item) == 2]
    labels = ["+".join(unweighted(choice, registry).label for choice in pair) for pair in pairs]
    return list(dict.fromkeys(labels))


def _items(text: str, registry: Registry, benchmark: Benchmark) -> list[Item]:
    """The items of ``--sr`` with the benchmark's in place of ``all``, and what a label stands for in its place."""
    listed = [parse_item(line) for line in (*benchmark.sr, *benchmark.pairs)]
    typed = parse_list(text)
    labels = {choice.label: choice for item in (*listed, *typed) for choice in item if choice.label}
    _refuse_names(labels, registry)
    every = (Choice(ALL),)
    items = [named for item in typed for named in (listed if item == every else [item])]
    return [_meant(item, labels) for item in items]


def _meant(item: Item, labels: Mapping[str, Choice]) -> Item:
    return tuple(labels.get(choice.name, choice) if choice == Choice(choice.name) else choice for choice in item)


def _refuse_names(labels: Mapping[str, Choice], registry: Registry) -> None:
    for label, choice in labels.items():
        if label != choice.name and label in registry.all(SRMethodSpec):
            raise UsageError(f"{choice}: {label!r} is the name of another method; choose another label")
