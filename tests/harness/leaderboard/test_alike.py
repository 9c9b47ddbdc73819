"""Methods that were skipped for one cause share a line."""

from __future__ import annotations

from harness.leaderboard.alike import alike


def weights(name: str, declared: str = "mini-2 x4", more: str = "") -> tuple[str, str]:
    text = f"'{name}' has no weights 'ucf101', x4 (declared: {declared}). A file of your own: {name}:checkpoint=FILE."
    return name, f"{text}{more} To train some: harness train {name} --benchmark NAME."


def test_reasons_that_differ_by_the_name_alone_are_one() -> None:
    ((names, reason),) = alike([weights("edvr"), weights("rcan"), ("edvr+rcan", weights("edvr")[1])])
    assert names == ["edvr", "rcan", "edvr+rcan"]
    assert reason.startswith("'NAME' has no weights 'ucf101', x4 (declared: mini-2 x4).")
    assert "harness train NAME --benchmark NAME" in reason


def test_what_only_some_have_is_left_to_the_command_that_shows_it() -> None:
    official = weights("rcan", "none", " Official ones: https://host/rcan.")
    ((names, reason),) = alike([weights("edvr"), official, weights("tosr")])
    assert names == ["edvr", "rcan", "tosr"]
    assert "https" not in reason and "declared" not in reason and reason.endswith("More: harness plugins show NAME")


def test_other_causes_keep_their_own_words() -> None:
    scales = [(name, "does scale 4, not 2") for name in ("duf52", "spmc")]
    found = alike([weights("edvr"), *scales, ("x", "[/nope]")])
    assert found == [(["edvr"], weights("edvr")[1]), (["duf52", "spmc"], "does scale 4, not 2"), (["x"], "[/nope]")]
