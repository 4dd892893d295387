"""Pack a folder into a stream and unpack it again, plain files only and never outside the folder."""

from __future__ import annotations

import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from evenhand.operations.backup.trouble import BackupTrouble

PIECE = 256 * 1024


def packed(folder: Path, wanted: Callable[[Path], bool]) -> Iterator[bytes]:
    """Yield the tar stream of the plain files below a folder that are wanted, in a fixed order."""
    reading, writing = os.pipe()
    failed: list[BaseException] = []

    def write() -> None:
        try:
            with (
                os.fdopen(writing, "wb") as out,
                tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                    if path.is_file() and not path.is_symlink() and wanted(path):
                        _add(tar, folder, path)
        except BaseException as error:  # handed over to whoever reads
            failed.append(error)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    with os.fdopen(reading, "rb") as stream:
        while piece := stream.read(PIECE):
            yield piece
    thread.join()
    if failed:
        raise failed[0]


def _add(tar: tarfile.TarFile, folder: Path, path: Path) -> None:
    try:
        content = path.open("rb")
    except FileNotFoundError:
        return  # erased while we walked: that is how it should be
    with content:
        info = tarfile.TarInfo(str(path.relative_to(folder)))
        info.size = os.fstat(content.fileno()).st_size
        info.mode = 0o600
        tar.addfile(info, content)


class _Stream(io.RawIOBase):
    """Chunks that are read as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the type of any writable buffer
        while not self._left:
            found = next(self._chunks, None)
            if found is None:
                return 0
            self._left = found
        length = min(len(buffer), len(self._left))
        buffer[:length] = self._left[:length]
        self._left = self._left[length:]
        return length


def unpack(chunks: Iterable[bytes], folder: Path, *, keep: bool = False) -> list[str]:
    """Write the plain files of a tar stream into a folder; returns their names.

    keep     a file that is there already stays as it is
    raises   BackupTrouble, when a name would lead out of the folder
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = []
    with tarfile.open(fileobj=io.BufferedReader(_Stream(chunks), PIECE), mode="r|") as tar:
        for member in tar:
            target = folder / member.name
            if not member.isfile() or ".." in Path(member.name).parts or Path(member.name).is_absolute():
                raise BackupTrouble(f"the backup holds {member.name!r}, which is no file of ours")
            content = tar.extractfile(member)
            if content is None or (keep and target.exists()):
                continue
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as out:
                while piece := content.read(PIECE):
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            names.append(member.name)
    return names
