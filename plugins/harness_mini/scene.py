"""A pybullet scene: an actor and what they hold, drawn by its software renderer."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from PIL import Image

from harness_mini.compat import need_pybullet
from harness_mini.mesh import Mesh
from harness_mini.plate import Light
from harness_mini.quaternion import Array
from harness_mini.texture import Picture
from harness_mini.view import View, Window

_NEAR, _FAR = 0.1, 30.0


class Scene:
    """One off-screen pybullet world; use it as a context manager, one at a time in a process."""

    def __init__(self) -> None:
        self._bullet = need_pybullet()
        self._folder = tempfile.TemporaryDirectory(prefix="mini-textures-")
        self._client = int(self._bullet.connect(self._bullet.DIRECT))

    def __enter__(self) -> Scene:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bullet.disconnect(self._client)
        self._folder.cleanup()

    def texture(self, picture: Picture) -> int:
        """Load an 8-bit RGB picture `(S, S, 3)`; returns its number."""
        # pybullet remembers textures by file name for the life of the process, so no name may be used twice
        path = Path(self._folder.name) / f"{uuid.uuid4().hex}.png"
        Image.fromarray(picture).save(path, compress_level=1)
        return int(self._bullet.loadTexture(str(path), physicsClientId=self._client))

    def add(self, mesh: Mesh, texture: int | None = None, colour: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> int:
        """Add a mesh, coloured or textured; returns the number by which `place` knows it."""
        shape = self._bullet.createVisualShape(
            self._bullet.GEOM_MESH,
            vertices=mesh.vertices.tolist(),
            indices=mesh.triangles.ravel().tolist(),
            uvs=mesh.uvs.tolist(),
            normals=mesh.normals.tolist(),
            rgbaColor=[*colour, 1.0],
            physicsClientId=self._client,
        )
        thing = int(self._bullet.createMultiBody(0, -1, shape, physicsClientId=self._client))
        if texture is not None:
            self._bullet.changeVisualShape(thing, -1, textureUniqueId=texture, physicsClientId=self._client)
        return thing

    def place(self, thing: int, position: Array, orientation: Array) -> None:
        """Move a thing to `position` `(3,)` and turn it to `orientation` `(4,)`, w first."""
        # pybullet wants w last
        turned = [float(orientation[i]) for i in (1, 2, 3, 0)]
        self._bullet.resetBasePositionAndOrientation(thing, position.tolist(), turned, physicsClientId=self._client)

    def photograph(self, view: View, window: Window, light: Light) -> tuple[Picture, Picture]:
        """What `view` sees in `window`, `(height, width, 4)` of 8-bit RGBA, and where there is anything: 1, or 0."""
        look = self._bullet.computeViewMatrix(view.eye.tolist(), view.target.tolist(), [0, 0, 1])
        scale = _NEAR / view.focal
        lens = self._bullet.computeProjectionMatrix(
            window.left * scale, (window.left + window.width) * scale,
            -(window.top + window.height) * scale, -window.top * scale,
            _NEAR, _FAR,
        )  # fmt: skip
        seen: Any = self._bullet.getCameraImage(
            window.width, window.height, look, lens,
            lightDirection=light.direction.tolist(), lightDistance=5.0, shadow=0,
            lightAmbientCoeff=light.ambient, lightDiffuseCoeff=1.0 - 0.8 * light.ambient, lightSpecularCoeff=0.05,
            renderer=self._bullet.ER_TINY_RENDERER, physicsClientId=self._client,
        )  # fmt: skip
        shape = window.height, window.width
        picture = np.asarray(seen[2], dtype=np.uint8).reshape(*shape, 4)
        things = np.asarray(seen[4], dtype=np.int32).reshape(shape)
        return picture, (things >= 0).astype(np.uint8)
