"""What people type to choose something: ``name:option=value``, pairs ``a+b``, comma lists, and labels ``label=name``.

    list    item,item,...
    item    choice, or a pair choice+choice
    choice  [label=]step, or steps one after the other step|step
    step    name[:option=value,option=value,...]

A label is what stands before the first ``=`` that precedes any ``:``. A value that holds ``,``, ``+`` or ``|`` stands
in quotes of either kind, in which that quote is written twice; without quotes it is recognised where a file or folder
of that name exists. Within a list ``,option=value`` continues the options before it; ``,label=name:`` begins an item.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from harness.errors import UsageError
from harness.specs import OWN_FILES, STREAMS, OptionValue

LONGEST = 20_000
"""Characters of a text that is still taken for a choice."""
MOST_JOINED = 32
"""Commas and pluses that the name of a file may hold and still be recognised without quotes."""
QUOTES = "\"'"
KEY = re.compile(r"\s*([\w.-]+)\s*=")
LABELLED = re.compile(r"\s*[\w.-]+\s*:\s*([\w.-]+\s*=|[,+|]|$)")
"""What stands after ``label=`` where it could also be an option's value."""
FILE_END = re.compile(r"/|\.[A-Za-z]\w{0,10}$")
ALL = "all"


@dataclass(frozen=True)
class Choice:
    """A declared name and the options given with it; as text it reads back as what it is."""

    name: str
    options: tuple[tuple[str, OptionValue], ...] = ()
    label: str = ""
    """What the user calls it; empty for what its name and options say."""
    advice: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """What to write instead where an option, or the name (under ``""``), turns out to be unknown: a sentence each."""

    then: Choice | None = None
    """An SR method that restores what this one made."""

    def __str__(self) -> str:
        head = f"{self.label}={self.name}" if self.label else self.name
        options = ",".join(f"{k}={quoted(_text(v))}" for k, v in self.options)
        step = f"{head}:{options}" if options else head
        return f"{step}|{self.then}" if self.then else step

    @property
    def steps(self) -> tuple[Choice, ...]:
        """Its methods one after the other, without label."""
        return (replace(self, label="", then=None), *(self.then.steps if self.then else ()))

    @property
    def mapping(self) -> dict[str, OptionValue]:
        return dict(self.options)


Item = tuple[Choice, ...]
"""A choice, or the two of a pair."""


def parse_list(text: str) -> list[Item]:
    """A comma list. Raises `UsageError` that says what to write."""
    return _Reader(text, lists=True, pairs=True).items()


def parse_item(text: str) -> Item:
    """One choice or pair, which may have labels. Raises `UsageError` that says what to write."""
    return _Reader(text, pairs=True).only()


def parse_method(text: str) -> Choice:
    """One SR method, or several in steps, without label. Raises `UsageError` that says what to write."""
    item = parse_item(text)
    if len(item) > 1 or item[0].label:
        raise UsageError(f"{_shown(text)} is not one method; give one NAME:option=value, or steps NAME|NAME")
    return item[0]


def parse_recognizers(text: str) -> list[Choice]:
    """A comma list of recognisers, which may have labels. Raises `UsageError` that says what to write."""
    return [_one_step(choice) for (choice,) in _Reader(text, lists=True, labels=True).items()]


def parse_choice(text: str) -> Choice:
    """One choice ``"name:a=1,b=x"``, whose values are still texts. Raises `UsageError` that says what to write."""
    (choice,) = _Reader(text).only()
    return _unlabelled(choice)


def split_list(text: str) -> list[str]:
    """A comma list of names in a table, which may be pairs. Raises `UsageError` that says what to write."""
    return ["+".join(map(_named, item)) for item in parse_list(text)]


def split_pair(text: str) -> list[str]:
    """The name of a row to the names of its methods: ``"a+b"`` to ``["a", "b"]``, a lone one to itself."""
    return list(map(_named, parse_item(text)))


def parts_of(name: str) -> list[str]:
    """`split_pair` of a name that stands in a table, where a plugin may have called a method whatever it likes."""
    try:
        return split_pair(name)
    except UsageError:  # nothing that a command line could have asked for, hence no pair
        return [name]


def _named(choice: Choice) -> str:
    return choice.label or str(choice)


def quoted(value: str) -> str:
    """A value as it must be written to be read as itself."""
    clear = value == value.strip() and not value.startswith(tuple(QUOTES)) and not set(",+|") & set(value)
    return value if clear and not LABELLED.match(value) else in_quotes(value)


def in_quotes(value: str) -> str:
    """A value in double quotes."""
    return '"' + value.replace('"', '""') + '"'


class _Reader:
    """Reads a text from left to right. `at` is the next character; `before` the last option and where its value began,
    if that stood without quotes."""

    def __init__(self, text: str, *, lists: bool = False, pairs: bool = False, labels: bool = False) -> None:
        if len(text) > LONGEST:
            raise UsageError(f"{len(text):,} characters are too many for NAME:option=value; at most {LONGEST:,}")
        self.text, self.lists, self.pairs, self.labels = text, lists, pairs, labels or pairs
        self.at = 0
        self.before: tuple[str, int] | None = None
        self.ends = re.compile(r"[,+|]" if pairs else r",")

    def items(self) -> list[Item]:
        found = []
        while self._skip(" \t\r\n,"):
            found.append(self._item())
        return found

    def only(self) -> Item:
        item = self._item()
        if self._skip(" \t\r\n,"):
            raise UsageError(f"{_shown(self.text)} is more than one; give one NAME:option=value")
        return item

    def _item(self) -> Item:
        start = self.at
        choices = [self._choice()]
        while self._eat("+"):
            choices.append(self._choice())
        if len(choices) > (2 if self.pairs else 1):
            expected = "a method or a pair SPATIAL+TEMPORAL" if self.pairs else "one NAME:option=value"
            advice = next((choice.advice[""] for choice in choices if "" in choice.advice), "")
            raise UsageError(f"{_shown(self.text[start : self.at])} is not {expected}.{advice}")
        return tuple(choices)

    def _choice(self) -> Choice:
        start, label = self.at, ""
        advice = self._joined(start)
        name = self._word(",+|:=")
        if self._eat("="):
            label, name = _label(name, self.text), self._word(",+|:=")
            if self.text[self.at : self.at + 1] == "=":
                raise UsageError(f"{_shown(self.text)}: no name follows {label}=; write LABEL=NAME:option=value")
            advice = advice or f" If {label} is an option, write NAME:{label}={_plain(name)}."
        if not name:
            raise UsageError(f"{_shown(self.text)} has no name; write NAME or NAME:option=value,option=value{advice}")
        if set(QUOTES) & set(name):
            raise UsageError(f'{_shown(self.text)}: quotes stand around a value alone, as in NAME:option="a,b"')
        self.before = None
        hints = {"": advice} if advice else {}
        options = self._options(start, hints) if self._eat(":") else ()
        return Choice(name, tuple(options), label, hints, self._step() if self._eat("|") else None)

    def _step(self) -> Choice:
        step = self._choice()
        if step.label:
            raise UsageError(f"{_shown(self.text)}: a label stands before the first step, as in {step.label}=NAME|NAME")
        return step

    def _options(self, start: int, hints: dict[str, str]) -> list[tuple[str, OptionValue]]:
        options: list[tuple[str, OptionValue]] = []
        while found := KEY.match(self.text, self.at):
            if options and self._begins_item(found.end()):
                break
            key = found[1]
            advice = self._joined(self.at) if options and FILE_END.search(self._part(self.at)) else ""
            self.at = found.end()
            value = self._value(key)
            if options and self.lists and self.labels and re.fullmatch(r"[A-Za-z][\w-]*", value):
                advice = advice or f" If {key} is a label, write {key}={value}: with a colon."
            options.append((key, value))
            hints |= {key: advice} if advice else {}
            if not self._eat(","):
                return options
        part = self._part(self.at)
        if part and (not options or not self.lists):
            wrong = "; quotes stand around the value alone" if part[0] in QUOTES else ""
            shown = _shown(self.text[start:])
            raise UsageError(f"{_shown(part)} in {shown} is not option=value{wrong}.{self._joined(self.at)}")
        return options

    def _begins_item(self, at: int) -> bool:
        """Whether what looks like ``,option=`` is a label: what follows is a choice with a colon, and no file."""
        if not (self.lists and self.labels and LABELLED.match(self.text, at)):
            return False
        return not any(_exists(value) for _, value in self._readings(at))

    def _value(self, key: str) -> str:
        self._skip(" \t\r\n")
        start = self.at
        if self.text[start : start + 1] in tuple(QUOTES):
            return self._quoted(key)
        (end, plain), *longer = self._readings(start)
        known = [(stop, value) for stop, value in longer if _exists(value)]
        if len(known) > 1 or (known and _exists(plain)):
            ways = " or ".join(f"{key}={_plain(in_quotes(value))}" for value in (plain, *(v for _, v in known)))
            raise UsageError(f"{_shown(self.text)}: several readings name files that exist; write {ways}")
        self.at, value = known[0] if known else (end, plain)
        self.before = None if known else (key, start)
        return value

    def _readings(self, start: int) -> list[tuple[int, str]]:
        """Where an unquoted value may end, with what it then is; the first is the one without ``,`` and ``+``."""
        ends = (found.start() for found in islice(self.ends.finditer(self.text, start), MOST_JOINED))
        return [(end, self.text[start:end].strip()) for end in (*ends, len(self.text))]

    def _quoted(self, key: str) -> str:
        quote, start = self.text[self.at], self.at
        found = re.compile(f"{quote}((?:[^{quote}]|{quote}{quote})*){quote}(?!{quote})").match(self.text, start)
        if found is None:
            raise UsageError(f"{_shown(self.text)}: the value of {key} has no {quote} at its end")
        self.at, self.before = found.end(), None
        if self._skip(" \t\r\n") and not self.ends.match(self.text, self.at):
            left = _shown(self.text[self.at :])
            raise UsageError(
                f"{_shown(self.text)}: after {key}={_plain(found[0])} comes {left}; quote all of the value"
            )
        return found[1].replace(quote * 2, quote)

    def _joined(self, at: int) -> str:
        """What to write if what begins at `at` belongs to the value before it, in a sentence; empty if it cannot."""
        if self.before is None:
            return ""
        key, start = self.before
        plain = self._part(start)
        if _exists(plain) or not (key in OWN_FILES or FILE_END.search(plain)):
            return ""
        end = at
        while not FILE_END.search(self.text[at:end].strip()) and end < len(self.text):
            following = self.ends.search(self.text, end + 1)
            end = following.start() if following else len(self.text)
            if KEY.match(self.text, end + 1):
                break
        whole = self.text[start:end].strip()
        return f" If {self.text[at:end].strip()!r} belongs to {key}, write {key}={_plain(in_quotes(whole))}."

    def _word(self, ends: str) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in ends:
            self.at += 1
        return self.text[start : self.at].strip()

    def _part(self, at: int) -> str:
        found = self.ends.search(self.text, at)
        return self.text[at : found.start() if found else len(self.text)].strip()

    def _skip(self, characters: str) -> bool:
        """Pass over characters; returns whether any text is left."""
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1
        return self.at < len(self.text)

    def _eat(self, character: str) -> bool:
        self._skip(" \t\r\n")
        found = self.text.startswith(character, self.at)
        self.at += found
        return found


def _label(label: str, text: str) -> str:
    """The label, if it is one. Raises `UsageError`."""
    good = label and all(unicodedata.category(c)[0] in "LNM" or c in " -_." for c in label) and label[0] not in "-."
    if not good:
        raise UsageError(
            f"{_shown(text)}: {_shown(label)} is no label; one has letters, digits, blanks, -, _ and ., and begins "
            "with a letter or a digit"
        )
    if label == ALL:
        raise UsageError(f"{_shown(text)}: {ALL} stands for all methods and is no label; choose another")
    return label


def _one_step(choice: Choice) -> Choice:
    if choice.then:
        raise UsageError(f"{_shown(str(choice))} has several steps, which only SR methods have")
    return choice


def _unlabelled(choice: Choice) -> Choice:
    if _one_step(choice).label:
        raise UsageError(
            f"{_shown(str(choice))} has a label, which only SR methods and recognisers of a run have."
            f"{choice.advice['']}"
        )
    return choice


def _exists(value: str) -> bool:
    """Whether a file or folder has this name; ``{stream}`` stands for any stream."""
    names = [value.replace("{stream}", stream) for stream in STREAMS] if "{stream}" in value else [value]
    return any(os.path.exists(os.path.expanduser(name)) for name in names)


def _text(value: OptionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(text: str) -> str:
    """A text to copy from a message, with escapes for what cannot be seen."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _shown(text: str, most: int = 120) -> str:
    """A text as a message shows it, shortened in the middle."""
    return repr(text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 :]}")
