"""Hashed file names for static files, and our modules joined to one file a page."""

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config import modules

FOLDER = "js"

type Paths = dict[str, tuple[Storage, str]]


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types
    support_js_module_import_aggregation = True

    def post_process(self, paths: Paths, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        yield from super().post_process({**paths, **_joined(paths)}, dry_run, **options)


def _joined(paths: Paths) -> Paths:
    """Only what has a hashed name is joined; under their own names the sources are there to be read."""

    def read(name: str) -> str:
        storage, path = paths[f"{FOLDER}/{name}"]
        with storage.open(path) as file:
            return bytes(file.read()).decode()

    if f"{FOLDER}/{modules.APP}.js" not in paths:
        return {}
    memory = InMemoryStorage()
    for name, text in modules.served(read).items():
        memory.save(f"{FOLDER}/{name}", ContentFile(text.encode()))
    return {path: (memory, path) for path in (f"{FOLDER}/{name}" for name in memory.listdir(FOLDER)[1])}
