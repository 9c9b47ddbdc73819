"""Choices against what is declared: which options there are, and their values in the types of the defaults."""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches

from harness.errors import UnknownNameError, UsageError
from harness.specs import NO_OPTIONS, OWN_FILES, NetworkSpec, OptionValue, Spec
from harness.syntax import Choice as Choice
from harness.syntax import parse_choice as parse_choice


def resolve(choice: Choice, spec: Spec, extra: Mapping[str, OptionValue] = NO_OPTIONS) -> Choice:
    """Check a choice's options against its declaration, convert them to the defaults' types, and drop the defaults.

    `extra` are options (name to default) that are allowed in addition to the declared ones. The label stays.
    Raises `UnknownNameError` for an option that is not declared and `UsageError` for a value of the wrong type.
    """
    known = {**known_options(spec, choice.mapping), **extra}
    given: dict[str, OptionValue] = {}
    for key, value in choice.options:
        if key not in known:
            hint = "" if get_close_matches(key, known) else choice.advice.get(key, "")
            raise UnknownNameError(f"option of {spec.name!r}", key, known, hint.strip())
        given[key] = convert(value, known[key], f"{spec.name}:{key}")
    return Choice(spec.name, tuple(sorted((k, v) for k, v in given.items() if v != known[k])), choice.label)


def known_options(spec: Spec, given: Mapping[str, OptionValue] = NO_OPTIONS) -> dict[str, OptionValue]:
    """The options of a declaration with their defaults, including those that depend on the given ones."""
    if spec.more_options is None:
        return dict(spec.options)
    from harness.imports import resolve_import

    return {**spec.options, **resolve_import(spec.more_options)({**spec.options, **given})}


def all_options(choice: Choice, spec: Spec, implied: Mapping[str, OptionValue] = NO_OPTIONS) -> dict[str, OptionValue]:
    """Every option with its effective value: the declared default, overridden by what a checkpoint implies, then by
    the choice."""
    given = {**implied, **choice.mapping}
    return {**known_options(spec, given), **given}


def own_file(options: Mapping[str, OptionValue]) -> str | None:
    """The user's own weights file among the effective options, or None."""
    return next((str(options[name]) for name in OWN_FILES if options.get(name)), None)


def require(options: Mapping[str, OptionValue], spec: Spec) -> None:
    """Raise `UsageError` that says what to write if an option that must be given is not among those that are.

    One that a declared checkpoint implies need not be given.
    """
    checkpoints = spec.weights if isinstance(spec, NetworkSpec) else ()
    for key, value in spec.required.items():
        if options.get(key) in (None, "") and not any(key in weights.options for weights in checkpoints):
            raise UsageError(f"{spec.name!r} needs the option {key}: write {spec.name}:{key}={value}")


def convert(value: OptionValue, default: OptionValue, where: str) -> OptionValue:
    """`value` converted to the type of `default`; strings stay as they are if the default is a string or None.

    Raises `UsageError` for anything else, and for a number that is not finite or has too many digits.
    """
    if value is None or default is None or (type(value) is type(default) and not isinstance(value, str)):
        return _finite(value, where)
    text = str(value)
    try:
        if isinstance(default, bool):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        if isinstance(default, int):
            return _finite(int(text), where)
        if isinstance(default, float):
            return _finite(float(text), where)
    except (KeyError, ValueError):
        raise UsageError(f"{where}={text[:40]}: expected {type(default).__name__}, such as {default!r}") from None
    return text


def _finite(value: OptionValue, where: str) -> OptionValue:
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{where}={value}: expected a finite number")
    if isinstance(value, int) and abs(value) >= 1 << 63:
        raise UsageError(f"{where}: a number of more than 64 bits")
    return value
