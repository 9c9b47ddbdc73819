"""Choices, pairs, lists and labels as people type them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.syntax import (
    LONGEST,
    Choice,
    parse_choice,
    parse_item,
    parse_list,
    parse_method,
    parse_recognizers,
    split_list,
    split_pair,
)

PIECES = ("a", "mine", "=", ":", ",", "+", '"', "'", " ", "k=", "x.pth", "[/b]", "\x1b")
ALPHABET = "ab1 ,+|=:\"'[]{}.-_/\\ü\n\t"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def some_text(rng: random.Random, alphabet: str = ALPHABET) -> str:
    return "".join(rng.choices(alphabet, k=rng.randint(0, 9)))


def test_every_choice_is_read_back_from_its_text_alone_in_a_list_and_in_a_pair(folder: Path) -> None:
    rng = random.Random(0)
    for _ in range(1000):
        keys = [f"k{i}" for i in range(rng.randint(0, 3))]
        choice = Choice("name", tuple((key, some_text(rng)) for key in keys))
        labelled = Choice("name", choice.options, rng.choice(["", "mine", "a b", "x.1-é"]))
        plain = Choice("name", tuple((key, str(value).strip()) for key, value in choice.options))
        stepped = replace(labelled, then=replace(choice, then=Choice("last")))
        assert parse_choice(str(choice)) == choice
        assert parse_item(str(labelled)) == (labelled,)
        assert parse_item(str(stepped)) == (stepped,)
        listed = parse_list(f"{labelled} + other, {stepped} + {stepped},{choice},end")
        assert listed == [(labelled, Choice("other")), (stepped, stepped), (choice,), (Choice("end"),)]
        assert parse_choice(str(plain)) == plain


def test_whatever_is_typed_is_read_or_refused_in_a_sentence(folder: Path) -> None:
    rng = random.Random(1)
    for _ in range(2000):
        text = "".join(rng.choices(PIECES, k=8))
        for read in (parse_list, parse_item, parse_recognizers, parse_choice):
            try:
                read(text)
            except UsageError as error:
                assert "\x1b" not in str(error)


@pytest.mark.parametrize(
    ("text", "value"),
    [('a:k="x4+,b.pth"', "x4+,b.pth"), ("a:k='x,y'", "x,y"), ('a:k="say ""x"", y"', 'say "x", y'), ("a:k=it's", "it's"),
     ('a:k=" x "', " x "), ("a:k=1=2:[b] c", "1=2:[b] c"), ("a:k=", ""), ("a:k=x+y", "x+y")],
)  # fmt: skip
def test_a_value_in_quotes_is_what_stands_between_them(folder: Path, text: str, value: str) -> None:
    assert parse_choice(text).mapping == {"k": value}


@pytest.mark.parametrize("name", ["my,x4+.pth", "a=b:1.pth", "x [1],y=2.pth", "a,mine=b:k=1", "a+tosr", "{stream},b"])
def test_a_file_that_exists_needs_no_quotes(folder: Path, name: str) -> None:
    (folder / name.replace("{stream}", "temporal")).write_text("")
    for text in (f"vdsr:checkpoint={name},num_feat=16", f"vdsr:num_feat=16,checkpoint={name}"):
        assert parse_choice(text).mapping == {"checkpoint": name, "num_feat": "16"}
        [item, other] = parse_list(f"{text},rcan")
        assert item[0].mapping["checkpoint"] == name and other == (Choice("rcan"),)


def test_a_text_that_names_two_files_is_refused_with_both_spellings(folder: Path) -> None:
    (folder / "a.pth").write_text("")
    (folder / "a.pth,b").write_text("")
    with pytest.raises(UsageError, match=r'write k="a\.pth" or k="a\.pth,b"'):
        parse_list("vdsr:k=a.pth,b")
    assert parse_list('vdsr:k="a.pth",b') == [(Choice("vdsr", (("k", "a.pth"),)),), (Choice("b"),)]


@pytest.mark.parametrize(
    ("text", "place", "advice"),
    [
        ("vdsr:checkpoint=no,x4+.pth,num_feat=16", 1, 'belongs to checkpoint, write checkpoint="no,x4+.pth"'),
        ("vdsr:checkpoint=x4+.pth", 0, 'write checkpoint="x4+.pth"'),
        ("checkpoint=my.pth", 0, "If checkpoint is an option, write NAME:checkpoint=my.pth"),
    ],
)
def test_a_name_that_may_be_part_of_a_file_says_what_to_write(folder: Path, text: str, place: int, advice: str) -> None:
    assert any(advice in choice.advice.get("", "") for choice in parse_list(text)[place])


def test_an_option_that_may_be_part_of_a_file_or_a_label_says_what_to_write(folder: Path) -> None:
    [(choice,)] = parse_list("vdsr:checkpoint=a b,y=3.pth,mine=tosr")
    assert 'write checkpoint="a b,y=3.pth"' in choice.advice["y"]
    assert "write mine=tosr: with a colon" in choice.advice["mine"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a:k="x', 'the value of k has no " at its end'),
        ('a:k="x"y', "after k=\"x\" comes 'y'; quote all of the value"),
        ('a:"k=x"', "quotes stand around the value alone"),
        ('"a:k=x"', "quotes stand around a value alone"),
        ("a+b+c", "is not a method or a pair SPATIAL[+]TEMPORAL"),
        ("a=b=c:k=1", "no name follows a=; write LABEL=NAME"),
        ("[/b]=a", r"'\[/b\]' is no label; one has letters"),
        ("\x1b[1m=a", r"'\\x1b\[1m' is no label"),
        ("=a", "'' is no label"),
        ("all=a", "all stands for all methods"),
        ("a:" + "k=1," * LONGEST, "characters are too many"),
        ("a:k=x,b.pth,k2=1", None),
    ],
)
def test_what_cannot_be_read_is_refused(folder: Path, text: str, message: str | None) -> None:
    if message is None:
        assert len(parse_list(text)) == 3
        return
    with pytest.raises(UsageError, match=message):
        parse_list(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [("mine=a:k=1", "has a label, which only SR methods"), ("a+b", "is not one NAME"), ("a,b", "is more than one"),
     ("a:k=x.y,b.pth", 'write k="x.y,b.pth"')],
)  # fmt: skip
def test_one_choice_is_neither_labelled_nor_several(folder: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_choice(text)


def test_a_label_is_told_apart_from_an_option(folder: Path) -> None:
    [first, second, third, fourth] = parse_list("mine=a:k=1,two=b:k=2+c,three=d:,my e=f")
    labels = [choice.label for item in (first, second, third, fourth) for choice in item]
    assert labels == ["mine", "two", "", "three", "my e"]
    assert second[1] == Choice("c") and third == (Choice("d", label="three"),)
    assert parse_list("a:k=1,two=b") == [(Choice("a", (("k", "1"), ("two", "b"))),)]


def test_names_of_rows_are_split_where_their_methods_meet(folder: Path) -> None:
    name = str(Choice("vdsr", (("checkpoint", "x4+,b.pth"),)))
    assert split_pair(f"{name}+tosr") == [name, "tosr"]
    assert split_list(f"mine+tosr, {name}+a,all") == ["mine+tosr", f"{name}+a", "all"]


def test_steps_are_of_sr_methods_alone_and_have_one_label_at_the_beginning() -> None:
    assert parse_method("a:k=1|b").steps == (Choice("a", (("k", "1"),)), Choice("b"))
    assert (
        parse_item("both=a|b")[0].label == "both"
        and [step.label for step in parse_item("both=a|b")[0].steps] == [""] * 2
    )
    with pytest.raises(UsageError, match="several steps, which only SR methods have"):
        parse_choice("a|b")
    with pytest.raises(UsageError, match="is not one method"):
        parse_method("a+b")
    with pytest.raises(UsageError, match="a label stands before the first step"):
        parse_item("a|mine=b")
    with pytest.raises(UsageError, match="has no name"):
        parse_item("a|")


def test_recognisers_may_have_labels_and_are_no_pairs() -> None:
    found = parse_recognizers("one=tsn:checkpoint=a.pth,crops=ten,two=tsn:checkpoint=b.pth,i3d")
    assert [(choice.label, choice.name, choice.mapping) for choice in found] == [
        ("one", "tsn", {"checkpoint": "a.pth", "crops": "ten"}),
        ("two", "tsn", {"checkpoint": "b.pth"}),
        ("", "i3d", {}),
    ]
    for wrong in ("tsn+i3d", "tsn|i3d"):
        with pytest.raises(UsageError):
            parse_recognizers(wrong)
