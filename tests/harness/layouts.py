"""OCI image layouts, small and made by hand: as a folder, and as the archives that tools make of one."""

from __future__ import annotations

import hashlib
import json
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
REF = "org.opencontainers.image.ref.name"


class Layout:
    """The files of a layout, by name. `index` is what its index.json will list."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
        self.index: list[dict[str, Any]] = []

    def blob(self, data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = data
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data), **more}

    def json(self, value: Any, media_type: str, **more: Any) -> dict[str, Any]:
        return self.blob(json.dumps(value).encode(), media_type, **more)

    def image(self, *layers: bytes, **more: Any) -> dict[str, Any]:
        """A manifest for one platform, its configuration and layers."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.json({"layers": len(layers)}, CONFIG),
            "layers": [self.blob(layer, LAYER) for layer in layers],
        }
        return self.json(manifest, MANIFEST, **more)

    def tag(self, descriptor: dict[str, Any], name: str) -> Layout:
        self.index.append({**descriptor, "annotations": {REF: name}})
        return self

    def finish(self) -> dict[str, bytes]:
        index = json.dumps({"schemaVersion": 2, "manifests": self.index}).encode()
        return {"index.json": index, **self.files}

    def write(self, folder: Path) -> Path:
        for name, data in self.finish().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder

    def archive(self, path: Path, prefix: str = "") -> Path:
        with tarfile.open(path, "w") as tar:
            for name, data in self.finish().items():
                add(tar, prefix + name, data)
        return path


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, BytesIO(data))


def simple() -> Layout:
    """One image of two layers, called 1.0."""
    layout = Layout()
    return layout.tag(layout.image(b"layer one", b"layer two" * 1000), "1.0")
