"""Names with options, as people type them: ``dis:patch_size=8,stride=3`` and pairs ``a+b``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import UnknownNameError, UsageError
from harness.specs import NO_OPTIONS, OWN_FILES, OptionValue, Spec


@dataclass(frozen=True)
class Choice:
    """A declared name and the options given with it; only options that differ from the default count."""

    name: str
    options: tuple[tuple[str, OptionValue], ...] = ()

    def __str__(self) -> str:
        if not self.options:
            return self.name
        return f"{self.name}:" + ",".join(f"{k}={_text(v)}" for k, v in self.options)

    @property
    def mapping(self) -> dict[str, OptionValue]:
        return dict(self.options)


def parse_choice(text: str) -> Choice:
    """``"name:a=1,b=x"`` to a `Choice` whose values are still strings. Raises `UsageError` on anything else."""
    name, _, rest = text.strip().partition(":")
    if not name:
        raise UsageError(f"{text!r} has no name; write NAME or NAME:option=value,option=value")
    options: list[tuple[str, OptionValue]] = []
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{part!r} in {text!r} is not option=value")
        options.append((key.strip(), value.strip()))
    return Choice(name, tuple(options))


def split_list(text: str) -> list[str]:
    """Split a comma-separated list of choices; ``a:x=1,y=2,b`` is two, because ``y=2`` continues the first."""
    items: list[str] = []
    for part in (p.strip() for p in text.split(",")):
        if not part:
            continue
        head, equals, _ = part.partition("=")
        if equals and ":" not in head and items:
            items[-1] += f",{part}"
        else:
            items.append(part)
    return items


def resolve(choice: Choice, spec: Spec, extra: Mapping[str, OptionValue] = NO_OPTIONS) -> Choice:
    """Check a choice's options against its declaration, convert them to the defaults' types, and drop the defaults.

    `extra` are options (name to default) that are allowed in addition to the declared ones.
    Raises `UnknownNameError` for an option that is not declared and `UsageError` for a value of the wrong type.
    """
    known = {**known_options(spec, choice.mapping), **extra}
    given: dict[str, OptionValue] = {}
    for key, value in choice.options:
        if key not in known:
            raise UnknownNameError(f"option of {spec.name!r}", key, known)
        given[key] = convert(value, known[key], f"{spec.name}:{key}")
    return Choice(spec.name, tuple(sorted((k, v) for k, v in given.items() if v != known[k])))


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


def convert(value: OptionValue, default: OptionValue, where: str) -> OptionValue:
    """`value` converted to the type of `default`; strings stay as they are if the default is a string or None."""
    if value is None or default is None or (isinstance(value, type(default)) and not isinstance(value, str)):
        return value
    text = str(value)
    try:
        if isinstance(default, bool):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            return float(text)
    except (KeyError, ValueError):
        raise UsageError(f"{where}={text}: expected {type(default).__name__}, such as {default!r}") from None
    return text


def _text(value: OptionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
