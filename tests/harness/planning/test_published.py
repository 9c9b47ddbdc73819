from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.errors import UsageError
from harness.paths import benchmarks_folder
from harness.planning.benchmark import find_benchmark, load_benchmark
from harness.planning.published import read_published

TABLE = next((benchmarks_folder() / "published").glob("*.csv"))


def benchmark_file(folder: Path, published: str) -> str:
    data = {**yaml.safe_load(find_benchmark("mini-2").read_text()), "published": published}
    folder.mkdir(exist_ok=True)
    (folder / "mine.yaml").write_text(yaml.safe_dump(data))
    return str(folder / "mine.yaml")


@pytest.mark.parametrize("name", ["./mine.csv", "mine.csv", "sub/../mine.csv"])
def test_a_table_is_found_beside_the_benchmark_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "b" / "sub").mkdir(parents=True)
    (tmp_path / "b" / "mine.csv").write_bytes(TABLE.read_bytes())
    benchmark = load_benchmark(benchmark_file(tmp_path / "b", name))
    assert benchmark.published is not None
    assert read_published(benchmark.published) == read_published(TABLE.name)


def test_a_shipped_table_keeps_its_name_and_one_that_is_missing_is_named(tmp_path: Path) -> None:
    assert load_benchmark(benchmark_file(tmp_path, TABLE.name)).published == TABLE.name
    with pytest.raises(UsageError, match=r"published: .*none\.csv does not exist"):
        load_benchmark(benchmark_file(tmp_path, "./none.csv"))


def test_marks_line_ends_and_blanks_of_other_systems_do_not_matter(tmp_path: Path) -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    file = tmp_path / "mine.csv"
    file.write_bytes(("\ufeff" + "\r\n".join(f"{line}\t " for line in lines) + "\r\n").encode())
    assert read_published(str(file)) == read_published(TABLE.name)


@pytest.mark.parametrize("content", [b"\0", b"system\xff", b"a,b", b'"' + b"x" * 200_000])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.csv").write_bytes(TABLE.read_bytes().splitlines(keepends=True)[0] + content)
    with pytest.raises(UsageError, match=r"mine\.csv"):
        read_published(str(tmp_path / "mine.csv"))
