"""The visible body of a performer: a mesh and a material for every part, in the frame of the joint that carries it."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from harness_mini.mesh import Mesh, ellipsoid, limb
from harness_mini.skeleton import Body
from harness_mini.texture import CLOTHS, Picture, Rng, cloth


@dataclass(frozen=True)
class Limb:
    """A mesh that moves with `joint` (a name of `motions.JOINTS`) and wears `material` (a key of the wardrobe)."""

    joint: str
    mesh: Mesh
    material: str


def parts(body: Body, long_sleeves: bool, shorts: bool) -> list[Limb]:
    """The parts of a performer with proportions `body`."""
    s, w, t, h = body.size, body.width, body.limb, body.size * body.head
    shin, fore = ("skin" if shorts else "trousers"), ("shirt" if long_sleeves else "skin")
    out = [
        Limb("root", ellipsoid((0.1 * s * t**0.5, 0.14 * s, 0.145 * s * w), (0, 0.03 * s, 0), (3, 1.5)), "trousers"),
        Limb("root", ellipsoid((0.09 * s * t**0.5, 0.16 * s, 0.125 * s * w), (0, 0.17 * s, 0), (3, 1.5)), "shirt"),
        Limb("chest", ellipsoid((0.11 * s, 0.2 * s, 0.185 * s * w), (0, 0.1 * s, 0), (4, 2)), "shirt"),
        Limb("neck", limb(0.1 * s, 0.05 * s, 0.055 * s), "skin"),
        Limb("neck", ellipsoid((0.095 * h, 0.12 * h, 0.085 * h), (0.015, 0.15 * s, 0)), "skin"),
        Limb("neck", ellipsoid((0.1 * h, 0.11 * h, 0.095 * h), (-0.02, 0.18 * s, 0)), "hair"),
    ]
    for side in ("right", "left"):
        thigh, calf = 0.42155 * s * body.legs, 0.40987 * s * body.legs
        upper, lower = 0.27479 * s * body.arms, 0.225 * s * body.arms
        out += [
            Limb(f"{side}_hip", limb(thigh, 0.085 * s * t, 0.058 * s * t, (2, 3)), "trousers"),
            Limb(f"{side}_knee", limb(calf, 0.058 * s * t, 0.042 * s * t, (2, 3)), shin),
            Limb(f"{side}_ankle", ellipsoid((0.125 * s, 0.045 * s, 0.05 * s), (0.045 * s, -0.03 * s, 0)), "shoes"),
            Limb(f"{side}_shoulder", limb(upper, 0.058 * s * t, 0.045 * s * t, (2, 2)), "shirt"),
            Limb(f"{side}_elbow", limb(lower, 0.045 * s * t, 0.032 * s * t, (2, 2)), fore),
            Limb(f"{side}_elbow", ellipsoid((0.042 * s, 0.06 * s, 0.03 * s), (0, -0.265 * s * body.arms, 0)), "skin"),
        ]
    return out


def wardrobe(rng: Rng) -> dict[str, Picture]:
    """A texture `(64, 64, 3)` of 8-bit RGB for every material, in colours of any hue."""
    skin = np.array(colorsys.hsv_to_rgb(rng.uniform(0.03, 0.1), rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.95)))
    hair = np.array(colorsys.hsv_to_rgb(rng.uniform(0.03, 0.13), rng.uniform(0.2, 0.7), rng.uniform(0.08, 0.7)))
    return {
        "skin": cloth("folds", 1, (skin * 0.92, skin), rng),
        "hair": cloth("folds", 1, (hair * 0.6, hair), rng),
        "shirt": _garment(rng, rng.uniform(0.4, 1.0)),
        "trousers": _garment(rng, rng.uniform(0.2, 0.8)),
        "shoes": _garment(rng, rng.uniform(0.15, 0.9)),
    }


def _garment(rng: Rng, brightness: float) -> Picture:
    hues, saturations = rng.uniform(0, 1, 2), rng.uniform(0.1, 0.85, 2)
    base = colorsys.hsv_to_rgb(hues[0], saturations[0], brightness)
    accent = colorsys.hsv_to_rgb(hues[1], saturations[1], brightness + 0.45 if brightness < 0.5 else brightness - 0.4)
    if rng.random() < 0.4:  # plain, with folds
        return cloth("folds", 1, (np.asarray(base) * 0.75, base), rng)
    return cloth(str(rng.choice(list(CLOTHS))), int(rng.integers(1, 4)), (base, accent), rng)
