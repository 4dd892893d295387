"""Whatever is changed in a backup's part is noticed: each byte, each chunk, each end, each swap."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.operations.backup import archive, envelope
from evenhand.operations.backup.passphrase import read_passphrase
from evenhand.operations.backup.trouble import BackupTrouble

MASTER = b"m" * 32


def opened(path: Path, name: str = "database", master: bytes = MASTER) -> bytes:
    return b"".join(envelope.unseal(path, name, master))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(envelope, "CHUNK_BYTES", 64)


@given(pieces=st.lists(st.binary(max_size=200), max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_goes_in_comes_out_however_it_was_cut(tmp_path_factory, small_chunks, pieces):
    path = tmp_path_factory.mktemp("part") / "part"
    told = envelope.seal(path, "database", MASTER, pieces)
    assert opened(path) == b"".join(pieces)
    assert told.length == sum(map(len, pieces))


def test_every_single_changed_byte_is_found(tmp_path, small_chunks):
    path = tmp_path / "part"
    envelope.seal(path, "database", MASTER, [bytes(range(256)) * 2])
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(envelope.Broken):
            opened(path)


def test_every_length_it_may_be_cut_to_is_found_and_anything_added(tmp_path, small_chunks):
    path = tmp_path / "part"
    envelope.seal(path, "database", MASTER, [b"x" * 256])
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(envelope.Broken):
            opened(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(envelope.Broken):
        opened(path)


def test_chunks_cannot_be_put_in_another_order_nor_taken_from_another_backup(tmp_path, small_chunks):
    path, other = tmp_path / "part", tmp_path / "other"
    envelope.seal(path, "database", MASTER, [random.Random(1).randbytes(256)])
    envelope.seal(other, "database", MASTER, [random.Random(2).randbytes(256)])
    head, size = len(envelope.MAGIC) + envelope.PART_SALT_BYTES, envelope.CHUNK_BYTES + envelope.TAG_BYTES
    whole, strange = path.read_bytes(), other.read_bytes()
    swapped = (
        whole[:head]
        + whole[head + size : head + 2 * size]
        + whole[head : head + size]
        + whole[head + 2 * size :]
    )
    mixed = whole[: head + size] + strange[head + size :]
    for tried in (swapped, mixed, whole[:head] + whole[head + size :]):
        path.write_bytes(tried)
        with pytest.raises(envelope.Broken):
            opened(path)


def test_a_part_is_no_other_part_and_opens_under_its_own_key_alone(tmp_path):
    path = tmp_path / "part"
    envelope.seal(path, "files", MASTER, [b"x"])
    with pytest.raises(envelope.Broken):
        opened(path, "database")
    with pytest.raises(envelope.Broken):
        opened(path, "files", b"n" * 32)


def test_two_backups_of_the_same_have_nothing_in_common(tmp_path):
    for name in ("one", "two"):
        envelope.seal(tmp_path / name, "database", MASTER, [b"same" * 100])
    head = len(envelope.MAGIC)
    one, two = ((tmp_path / name).read_bytes()[head:] for name in ("one", "two"))
    assert sum(a == b for a, b in zip(one, two, strict=True)) < 30


def test_a_folder_is_packed_and_unpacked_and_nothing_leads_out_of_it(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "ab").mkdir(parents=True)
    (source / "ab" / "one").write_bytes(b"1" * 300_000)
    (source / ".draft").write_bytes(b"unfinished")
    (source / "link").symlink_to("/etc/passwd")
    names = archive.unpack(archive.packed(source, lambda path: not path.name.startswith(".")), target)
    assert names == ["ab/one"]
    assert (target / "ab" / "one").read_bytes() == b"1" * 300_000


def test_an_archive_that_leads_out_of_the_folder_is_refused(tmp_path):
    import io
    import tarfile

    for name, kind in (("../out", tarfile.REGTYPE), ("/tmp/out", tarfile.REGTYPE), ("link", tarfile.SYMTYPE)):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w|") as tar:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        with pytest.raises(BackupTrouble, match="no file of ours"):
            archive.unpack([made.getvalue()], tmp_path / "target")
        shutil.rmtree(tmp_path / "target")


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [("short", 0o600, "shorter"), ("a" * 40, 0o640, "open to others"), (None, 0, "no such file")],
)
def test_a_passphrase_that_is_weak_open_or_missing_is_refused(tmp_path, content, mode, said):
    path = tmp_path / "passphrase"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    with pytest.raises(BackupTrouble, match=said):
        read_passphrase({}, path)
    with pytest.raises(BackupTrouble, match="--passphrase-file"):
        read_passphrase({}, None)
