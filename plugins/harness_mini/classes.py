"""The classes: which motion each is made of, what part of it is shown, what the actor holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionClass:
    """One class of the benchmark.

    name: the class name, snake_case. summary: one line for people.
    motions: names of pybullet's motion files (`humanoid3d_<name>.txt`); a clip shows one of them.
    cover: smallest and largest share of the motion that a clip shows (of all its cycles when `cycles` > 1).
    window: first and last share of the motion that may be shown. cycles: how often a looping motion is repeated.
    backwards: whether time runs backwards. prop: what the actor holds, a key of `props.PROPS`.
    """

    name: str
    summary: str
    motions: tuple[str, ...]
    cover: tuple[float, float] = (0.6, 0.8)
    window: tuple[float, float] = (0.0, 1.0)
    cycles: int = 1
    backwards: bool = False
    prop: str | None = None


CLASSES: tuple[ActionClass, ...] = (
    ActionClass("walk", "walks with empty hands", ("walk",), cover=(0.22, 0.34), cycles=3),
    ActionClass(
        "walk_pole",
        "walks with a thin pole held upright in the right hand (told from walk by the pole)",
        ("walk",),
        cover=(0.22, 0.34),
        cycles=3,
        prop="pole",
    ),
    ActionClass("run", "runs", ("run",), cover=(0.24, 0.36), cycles=3),
    ActionClass("jump", "jumps forward", ("jump",), cover=(0.6, 0.8)),
    ActionClass("kick", "kicks with one leg", ("kick",), cover=(0.6, 0.8)),
    ActionClass("punch", "throws a punch with empty hands", ("punch",), cover=(0.55, 0.75)),
    ActionClass(
        "fence",
        "thrusts with a thin sword (the arm's motion is that of punch)",
        ("punch",),
        cover=(0.55, 0.75),
        prop="sword",
    ),
    ActionClass("cartwheel", "turns a cartwheel", ("cartwheel",), cover=(0.6, 0.75), window=(0.1, 1.0)),
    ActionClass("backflip", "turns a backward somersault", ("backflip",), cover=(0.6, 0.8)),
    ActionClass("crawl", "crawls on hands and knees", ("crawl",), cover=(0.35, 0.5)),
    ActionClass("getup", "rises from lying on the floor", ("getup_facedown", "getup_faceup"), cover=(0.6, 0.8)),
    ActionClass(
        "lie_down",
        "lies down: getup with time running backwards",
        ("getup_facedown", "getup_faceup"),
        cover=(0.6, 0.8),
        backwards=True,
    ),
)

CLASS_NAMES: tuple[str, ...] = tuple(action.name for action in CLASSES)
