"""Rendering one clip: everything about it is drawn from random generators, its setting's and its own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from harness_mini.actor import parts, wardrobe
from harness_mini.camera import Shot, expose, shoot
from harness_mini.classes import ActionClass
from harness_mini.motions import JOINTS
from harness_mini.performer import Performance, perform
from harness_mini.plate import Floats, Light, Plate, take
from harness_mini.props import hold
from harness_mini.quaternion import Array, interpolate
from harness_mini.scene import Scene
from harness_mini.setting import Setting
from harness_mini.shadow import Segment, limbs, shade
from harness_mini.skeleton import hands
from harness_mini.texture import Picture, Rng
from harness_mini.view import View, Window

SIZE = 176
"""Height and width of a frame in pixels."""
SUPERSAMPLING = 2
"""Frames are drawn at this size, several times while the shutter is open and moved by a part of a pixel each time."""
FRAMES = (16, 22)
BASELINE = 0.065
"""Metres from the left to the right camera of a pair: the distance of human eyes."""
_LARGE = SIZE * SUPERSAMPLING
_MARGIN = 0.2  # metres round joints that limbs may reach


@dataclass(frozen=True)
class Track:
    """A thing of the scene as it moves: positions `(T, 3)` in metres and orientations `(T, 4)`."""

    thing: int
    positions: Array
    orientations: Array

    def at(self, when: float) -> tuple[Array, Array]:
        """Position and orientation at the time `when` in frames."""
        return between(self.positions, when), _turned(self.orientations, when)


def between(values: Array, when: float) -> Array:
    """`values` `(T, ...)` at the time `when` in frames, 0 to T - 1."""
    start = min(int(when), len(values) - 2)
    return np.asarray(values[start] + (when - start) * (values[start + 1] - values[start]))


def _turned(orientations: Array, when: float) -> Array:
    start = min(int(when), len(orientations) - 2)
    return interpolate(orientations[start], orientations[start + 1], np.array(when - start))


@dataclass(frozen=True)
class Stage:
    """What frames are made of: setting, camera, background, and the things that move.

    joints `(T, 13, 3)`, hands `(T, 2, 3)` and the ends of the rod `(T, 2, 3)`, if one is held, in metres.
    """

    setting: Setting
    joints: Array
    hands: Array
    rod: Array | None
    shot: Shot
    right: bool
    plate: Plate
    scene: Scene
    tracks: list[Track]

    def view(self, when: float) -> View:
        """The camera at the time `when` in frames, for a large picture."""
        view = self.shot.view(when, _LARGE)
        return view.aside(BASELINE) if self.right else view


def render(
    action: ActionClass, setting: Setting, rng: Rng, noise: Rng, *, frames: int | None = None, right: bool = False
) -> Picture:
    """A clip `(T, 176, 176, 3)` of 8-bit RGB showing `action` in `setting`; T is `frames`, or random (16 to 22).

    `noise` draws the noise of the sensor. `right` is the same moment seen by a camera 6.5 cm to the right.
    """
    count = int(rng.integers(FRAMES[0], FRAMES[1] + 1)) if frames is None else frames
    # one more: the shutter of the last frame is open until there
    performance = perform(action, count + 1, rng)
    held = None if action.prop is None else hold(action.prop, performance, rng)
    shot = shoot(setting, performance.pose.positions[:, 0], rng)
    with Scene() as scene:
        tracks = _actor(scene, performance, rng)
        if held is not None:
            tracks.append(Track(scene.add(held.mesh, colour=held.colour), held.positions, held.orientations))
        plate = _background(setting, shot, right)
        palms = hands(performance.pose, performance.body)
        rod = None if held is None else held.ends()
        stage = Stage(setting, performance.pose.positions, palms, rod, shot, right, plate, scene, tracks)
        return np.stack([expose(_frame(stage, t), setting.camera, noise) for t in range(count)])


def _background(setting: Setting, shot: Shot, right: bool) -> Plate:
    """The room as the camera sees it from its mean direction, as far as it ever looks."""
    middle = shot.view((len(shot.targets) - 1) / 2, _LARGE)
    views = [shot.view(t, _LARGE) for t in range(len(shot.targets))]
    if right:
        middle, views = middle.aside(BASELINE), [view.aside(BASELINE) for view in views]
    half = _LARGE / 2 + 2
    corners = np.array([[x, y, middle.focal] for x in (-half, half) for y in (-half, half)])
    reach = np.concatenate([middle.project(middle.eye + corners @ view.axes) for view in views])
    (left, top), (end, bottom) = np.floor(reach.min(axis=0)), np.ceil(reach.max(axis=0))
    window = Window(float(left), float(top), int(end - left), int(bottom - top))
    aperture = setting.camera.aperture * SUPERSAMPLING
    return take(setting.room, middle, window, setting.light, setting.distance, aperture)


def _actor(scene: Scene, performance: Performance, rng: Rng) -> list[Track]:
    textures = {name: scene.texture(picture) for name, picture in wardrobe(rng).items()}
    long_sleeves, shorts = bool(rng.random() < 0.5), bool(rng.random() < 0.3)
    tracks = []
    for part in parts(performance.body, long_sleeves, shorts):
        joint = JOINTS.index(part.joint)
        thing = scene.add(part.mesh, textures[part.material])
        pose = performance.pose
        tracks.append(Track(thing, pose.positions[:, joint], pose.orientations[:, joint]))
    return tracks


def _frame(stage: Stage, number: int) -> Floats:
    """The light `(176, 176, 3)`, 0 to 255, that falls on the sensor while the shutter is open for a frame."""
    moments = _moments(stage, number)
    total = np.zeros((_LARGE, _LARGE, 4), dtype=np.float32)
    for index, when in enumerate(moments):
        # where in a pixel a moment is sampled: evenly spread, in an order that has no direction
        shift = ((index + 0.5) / len(moments) - 0.5, (index * 0.618034) % 1.0 - 0.5)
        cv2.accumulate(_moment(stage, when, shift), total)
    small = cv2.resize(total, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(small[..., :3] / np.float32(len(moments)))


def _moments(stage: Stage, number: int) -> list[float]:
    """The times in frames at which a frame is sampled: the more, the faster anything moves."""
    shutter = stage.setting.camera.shutter
    here, later = (stage.view(number + t).project(stage.joints[number + t]) for t in (0, 1))
    moved = shutter * float(np.abs(later - here).max()) / SUPERSAMPLING
    count = int(np.clip(np.ceil(moved / 1.5), 3, 8))
    return [number + shutter * (index + 0.5) / count for index in range(count)]


def _moment(stage: Stage, when: float, shift: tuple[float, float]) -> Picture:
    """The scene at one moment, `(352, 352, 4)`; the last channel means nothing."""
    view = stage.view(when)
    whole = Window(shift[0] - _LARGE / 2, shift[1] - _LARGE / 2, _LARGE, _LARGE)
    joints, palms = between(stage.joints, when), between(stage.hands, when)
    rod = None if stage.rod is None else between(stage.rod, when)
    out = stage.plate.seen(view, whole)
    _add_shadow(out, limbs(joints, palms, rod), stage.setting.light, view, whole)
    for track in stage.tracks:
        stage.scene.place(track.thing, *track.at(when))
    chest, neck = (joints[JOINTS.index(name)] for name in ("chest", "neck"))
    head = neck + 1.4 * (neck - chest)
    _add_actor(
        out, stage, view, whole, np.concatenate([joints, palms, head[None], np.empty((0, 3)) if rod is None else rod])
    )
    return out


def _add_shadow(out: Picture, segments: list[Segment], light: Light, view: View, whole: Window) -> None:
    """Darken the floor in `out`."""
    dark = shade(segments, light.direction, view, whole)
    x, y, width, height = cv2.boundingRect(dark)
    part = out[y : y + height, x : x + width]
    share = dark[y : y + height, x : x + width].astype(np.float32) * part[..., 3]
    part[..., :3] = part[..., :3] * (1 - share * np.float32((1 - light.ambient) / 255**2))[..., None] + np.float32(0.5)


def _add_actor(out: Picture, stage: Stage, view: View, whole: Window, points: Array) -> None:
    """Draw the actor over `out`, in the part of the window that they may reach."""
    at = view.project(points) - (whole.left, whole.top)
    margin = _MARGIN * view.focal / (stage.setting.distance - 0.4)
    low = np.clip(np.floor(at.min(axis=0) - margin), 0, _LARGE).astype(int)
    high = np.clip(np.ceil(at.max(axis=0) + margin), 0, _LARGE).astype(int)
    if np.any(high <= low):
        return
    part = Window(whole.left + low[0], whole.top + low[1], *(int(side) for side in high - low))
    picture, there = stage.scene.photograph(view, part, stage.setting.light)
    cv2.copyTo(picture, there, out[low[1] : high[1], low[0] : high[0]])
