"""Files of settings, whatever they hold."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from harness.documents import LARGEST, read_document, read_yaml
from harness.errors import HarnessError, UsageError
from harness.paths import benchmarks_folder
from harness.planning.benchmark import load_benchmark
from harness.planning.naming import wanted_methods, wanted_pairs
from harness.planning.plan import method_part, probe_part, stream_parts
from harness.planning.resolving import dataset_part, degradation_part, flow_part
from harness.registry import registry

STEPS = tuple(zip("abcdefg", "bcdefgh", strict=True))
GROWING = "".join(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in STEPS)
MERGING = "".join(f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 9)}]}}\n" for before, name in STEPS)
SECONDS = 5.0


class Settings(BaseModel):
    name: str
    numbers: list[int] = []


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "mine.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: 1\nb: {c: 1, c: 2}", "line 2, column 11: the key 'c' is there twice"),
        ("a: &a [x]\n" + GROWING, "more than 10,000 values, aliases followed"),
        ("a: &a {x: 1}\n" + MERGING, "more than 10,000 values, aliases followed"),
        ("a: &a [*a]", "an alias stands within what it stands for"),
        ("a: &a {b: {c: *a}}", "an alias stands within what it stands for"),
        ("[" * 50_000, "nested more than 40 levels deep"),
        ("- " * 5000, "nested more than 40 levels deep"),
        ("- x\n" * 20_000, "more than 10,000 values"),
        ("a: !!timestamp 9999-99-99", "tag 'tag:yaml.org,2002:timestamp' are not used here; leave the tag out"),
        ("a: !!python/object:os.system x", "are not used here"),
        ("a: " + "9" * 5000, "a whole number of 5,000 characters"),
        ("a: 0x" + "f" * 50, "a number of more than 64 bits"),
        ("a: !!int x", "'x' is not a whole number"),
        ("a: !!float ''", "'' is not a number"),
        ("a: !!bool x", "'x' is not a truth value"),
        ("a:\n\tb: 1", "line 2, column 1: .*indent with blanks instead of tabs"),
        ("a: [1, 2\nb: 3", "line 2, column 2: while parsing a flow sequence, expected"),
        ("a: \0", "line 1: it has a NUL byte"),
        (b"a: 1\nb: \xe9", "line 2: not readable as UTF-8"),
        ("a: \x07", "line 1: it has the control character 0x7"),
        ("# " + "x" * LARGEST, "bytes are too many for a file of settings"),
    ],
)  # fmt: skip
def test_what_no_file_of_settings_should_hold_is_refused_soon(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    start = time.process_time()
    with pytest.raises(UsageError, match=rf"mine\.yaml.*{message}"):
        read_yaml(written(tmp_path, content))
    assert time.process_time() - start < SECONDS


def test_marks_line_ends_dates_and_aliases_are_read(tmp_path: Path) -> None:
    text = "\ufeffname: 2024-13-45\r\nwhen: 2024-01-01\r\nmore: &m {a: 1, b: 2}\r\nrest: {<<: *m, b: 3}\r\n"
    found = read_yaml(written(tmp_path, text))
    assert found == {"name": "2024-13-45", "when": "2024-01-01", "more": {"a": 1, "b": 2}, "rest": {"a": 1, "b": 3}}


def test_mistakes_are_counted_shortened_and_not_all_shown(tmp_path: Path) -> None:
    content = f"name: [{'x' * 500}]\nnumbers: [{', '.join('y' * 20)}]"
    with pytest.raises(UsageError, match=r"21 mistake\(s\)") as caught:
        read_document(written(tmp_path, content), Settings)
    lines = str(caught.value).splitlines()
    assert lines[-1] == "  and 11 more" and len(lines) == 12 and max(map(len, lines)) < 250


def everything_of(file: Path) -> None:
    """All that a plan reads of a benchmark file."""
    benchmark, known = load_benchmark(str(file)), registry()
    dataset_part(benchmark.dataset, known)
    flow_part(benchmark.flow, known, benchmark.weights)
    parts = [method_part(choice, known, benchmark) for choice in wanted_methods("all", known, benchmark)]
    wanted_pairs("all", known, benchmark)
    probes = [probe_part(text, known, benchmark) for text in benchmark.probes]
    streams = [part for name in benchmark.recognizers for part in stream_parts(name, known, benchmark)]
    for part in (*parts, *probes, *streams):
        part.identity()
    if benchmark.has_hr:
        degradation_part(benchmark, known).text()


NASTY = (
    "*a", "&a [*a]", "!!timestamp 9999-99-99", ".nan", "-.inf", "9" * 5000, "0x" + "f" * 400, "[" * 3000, "{a: " * 60,
    "\t", "\0", "\x1b[31m", "\r", "\ufeff", "\ud800", '"\\0"', '"\\ud800"', "- ", ": ", "? ", "|", "'", '"',
    "=", "+", ",",
    "a=b=c:d", "'x=vdsr:k=\"'", "!!binary x", "<<: *a", "~", "[]", "{}", "1e999", "2024-13-45", "x" * 5000, "[/b]", "%",
)  # fmt: skip


def replaced(rng: random.Random, text: str) -> str:
    start = rng.randrange(len(text))
    return text[:start] + rng.choice(NASTY) + text[start + rng.randrange(12) :]


def with_value(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    place = rng.choice([i for i, line in enumerate(lines) if ":" in line and not line.startswith("#")])
    lines[place] = f"{lines[place].partition(':')[0]}: {rng.choice(NASTY)}"
    return "\n".join(lines)


def rearranged(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    del lines[rng.randrange(len(lines))]
    return "\n".join(lines)


def growing(rng: random.Random, text: str) -> str:
    return f"{text}\na: &a [x]\n{rng.choice([GROWING, MERGING])}"


CHANGES: tuple[Callable[[random.Random, str], str], ...] = (replaced, with_value, rearranged, growing)


@pytest.mark.slow
def test_no_change_to_a_benchmark_file_ends_in_anything_but_a_sentence(tmp_path: Path) -> None:
    rng = random.Random(0)
    texts = [path.read_text(encoding="utf-8") for path in sorted(benchmarks_folder().glob("*.yaml"))]
    read = 0
    for _ in range(320):
        content = rng.choices(CHANGES, (6, 6, 3, 1))[0](rng, rng.choice(texts)).encode("utf-8", "surrogatepass")
        if rng.random() < 0.1:
            place = rng.randrange(len(content))
            content = content[:place] + bytes(rng.choices(range(256), k=3)) + content[place + 3 :]
        start = time.process_time()
        try:
            everything_of(written(tmp_path, content))
            read += 1
        except HarnessError as error:
            assert str(error).strip()
        assert time.process_time() - start < SECONDS, content
    assert 10 < read < 310
