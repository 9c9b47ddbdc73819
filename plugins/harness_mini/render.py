"""Rendering one clip: everything about it is drawn from two random generators, its setting's and its own."""

from __future__ import annotations

import numpy as np

from harness_mini.actor import parts, wardrobe
from harness_mini.camera import FIELD_OF_VIEW, shoot
from harness_mini.classes import ActionClass
from harness_mini.mesh import ellipsoid, rectangle
from harness_mini.motions import JOINTS
from harness_mini.performer import Performance, perform
from harness_mini.props import HeldProp, hold
from harness_mini.quaternion import Array, from_rotation_vector, multiply
from harness_mini.scene import Frame, Scene
from harness_mini.settings import Setting
from harness_mini.shadow import View, limbs, mask
from harness_mini.skeleton import hands

SIZE = 112
# frames are drawn at twice the size and averaged, so that thin things fade instead of breaking up
SUPERSAMPLING = 2
FRAMES = (16, 22)
DISTRACTOR_SHARE = 0.3

Track = tuple[int, Array, Array]


def render(action: ActionClass, setting: Setting, rng: np.random.Generator, frames: int | None = None) -> Frame:
    """A clip `(T, 112, 112, 3)` of 8-bit RGB showing `action` in `setting`; T is `frames`, or random (16 to 22)."""
    drawn = int(rng.integers(FRAMES[0], FRAMES[1] + 1))
    frames = drawn if frames is None else frames
    performance = perform(action, frames, rng)
    held = None if action.prop is None else hold(action.prop, performance, rng)
    shot = shoot(setting, performance.pose.positions[:, 0], rng)
    shadow = _shadow_casters(performance, held)
    with Scene() as scene:
        floor = _add_room(scene, setting)
        tracks = _add_actor(scene, performance, rng)
        if held is not None:
            tracks.append((scene.add(held.mesh, colour=held.colour), held.positions, held.orientations))
        if rng.random() < DISTRACTOR_SHARE:
            tracks.append(_add_distractor(scene, setting, frames, rng))
        out = []
        for t in range(frames):
            for thing, positions, orientations in tracks:
                scene.place(thing, positions[t], orientations[t])
            view = View(shot.eyes[t], shot.targets[t], FIELD_OF_VIEW, SIZE * SUPERSAMPLING)
            out.append(_frame(scene, setting, view, floor, shadow[t]))
    return np.stack(out)


def _shadow_casters(performance: Performance, held: HeldProp | None) -> list[list[tuple[Array, Array, float]]]:
    """For every frame, the segments that cast a shadow."""
    joints, palms = performance.pose.positions, hands(performance.pose, performance.body)
    rods = None if held is None else held.ends()
    return [limbs(joints[t], palms[t], None if rods is None else rods[t]) for t in range(len(joints))]


def _frame(scene: Scene, setting: Setting, view: View, floor: int, casters: list[tuple[Array, Array, float]]) -> Frame:
    """One finished frame `(112, 112, 3)` of 8-bit RGB."""
    ahead, aside = _directions(setting)
    away, left, up = setting.light
    light = away * ahead + left * aside + np.array([0.0, 0.0, up])
    picture, things = scene.photograph(view, light, setting.ambient)
    dark = mask(casters, light, view) & (things == floor)
    lit = np.where(dark[..., None], picture * setting.ambient, picture)
    tiles = lit.reshape(SIZE, SUPERSAMPLING, SIZE, SUPERSAMPLING, 3)
    return np.asarray(tiles.mean(axis=(1, 3)) + 0.5, dtype=np.uint8)


def _directions(setting: Setting) -> tuple[Array, Array]:
    """Unit vectors on the floor: away from the camera, and to its left."""
    angle = np.deg2rad(setting.azimuth)
    return np.array([-np.cos(angle), np.sin(angle), 0.0]), np.array([-np.sin(angle), -np.cos(angle), 0.0])


def _add_room(scene: Scene, setting: Setting) -> int:
    """A floor under the actor and a wall behind them, seen from the camera; returns the floor's number."""
    floor = scene.add(rectangle(12.0, 12.0, (4.0, 4.0)), scene.texture(setting.floor))
    scene.place(floor, np.zeros(3), from_rotation_vector(np.zeros(3)))
    wall = scene.add(rectangle(16.0, 7.0, (16 / 3.0, 7 / 3.0)), scene.texture(setting.wall))
    upright = from_rotation_vector(np.array([np.pi / 2, 0.0, 0.0]))  # the wall's face now looks along -y
    turn = np.deg2rad(90.0 - setting.azimuth + setting.wall_turn)
    behind = setting.wall_distance * _directions(setting)[0]
    turned = multiply(from_rotation_vector(np.array([0.0, 0.0, turn])), upright)
    scene.place(wall, behind + np.array([0.0, 0.0, 3.5]), turned)
    return floor


def _add_actor(scene: Scene, performance: Performance, rng: np.random.Generator) -> list[Track]:
    textures = {name: scene.texture(picture) for name, picture in wardrobe(rng).items()}
    long_sleeves, shorts = bool(rng.random() < 0.5), bool(rng.random() < 0.3)
    tracks = []
    for part in parts(performance.body, long_sleeves, shorts):
        joint = JOINTS.index(part.joint)
        thing = scene.add(part.mesh, textures[part.material])
        tracks.append((thing, performance.pose.positions[:, joint], performance.pose.orientations[:, joint]))
    return tracks


def _add_distractor(scene: Scene, setting: Setting, frames: int, rng: np.random.Generator) -> Track:
    """A ball that crosses the picture between actor and wall."""
    ahead, aside = _directions(setting)
    radius = rng.uniform(0.08, 0.18)
    start, speed = rng.uniform(-1.6, 1.6), rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 1.2)
    along = start + speed * np.arange(frames) / 25.0
    height = rng.uniform(radius, 1.7)
    path = rng.uniform(0.8, 1.4) * ahead + along[:, None] * aside + np.array([0.0, 0.0, height])
    colour = rng.uniform(0.1, 1.0, 3)
    ball = scene.add(ellipsoid((radius, radius, radius), (0.0, 0.0, 0.0)), colour=(colour[0], colour[1], colour[2]))
    return ball, path, np.broadcast_to(np.array([1.0, 0.0, 0.0, 0.0]), (frames, 4))
