"""Looks for secrets in everything that a run leaves or passes by on disk."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType


class Watch:
    """Keeps every content that any file below `folders` has while the block runs, however short its life.

    A file lives at least as long as the module it belongs to, which is longer than the pause between two looks.
    """

    def __init__(self, *folders: Path, pause: float = 0.02) -> None:
        self.folders = folders
        self.pause = pause
        self.contents: dict[str, tuple[Path, bytes]] = {}
        self._seen: set[tuple[str, int, int, int]] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()
        self._look()

    def must_have_seen(self, name: str) -> None:
        """Proves that it looked in the right place: some file's name holds this."""
        assert any(name in path.name for path, _text in self.contents.values()), f"no file *{name}* passed by"

    def _run(self) -> None:
        while not self._end.is_set():
            self._look()
            time.sleep(self.pause)

    def _look(self) -> None:
        for path in files(self.folders):
            try:
                stat = path.stat()
                state = (str(path), stat.st_ino, stat.st_mtime_ns, stat.st_size)
                if state in self._seen:
                    continue
                content = path.read_bytes()
            except OSError:  # gone between the list and the look
                continue
            self._seen.add(state)
            self.contents[hashlib.sha256(content).hexdigest()] = (path, content)


def files(folders: Iterable[Path]) -> Iterator[Path]:
    """Regular files below the folders; what vanishes meanwhile is passed over."""
    for folder in folders:
        for root, _unused, names in folder.walk():
            yield from (root / name for name in names if (root / name).is_file())


def leaks(secrets: Iterable[str], contents: Iterable[tuple[Path, bytes]]) -> list[str]:
    """Where one of the secrets stands, in clear or in base64; never says which."""
    needles = [needle for secret in secrets for needle in _forms(secret)]
    return sorted({str(path) for path, content in contents if any(needle in content for needle in needles)})


def _forms(secret: str) -> Iterator[bytes]:
    yield secret.encode()
    for shift in range(3):  # base64 of a text depends on where in it the secret starts
        encoded = base64.b64encode(b"\0" * shift + secret.encode())
        yield encoded[4 if shift else 0 : -4]
