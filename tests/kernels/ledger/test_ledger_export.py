"""An export proves itself to anybody with Python, and no byte, line or file of it can be changed unnoticed."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evenhand.cli.main import main as evenhand
from evenhand.kernels.ledger.__main__ import main as checker
from evenhand.kernels.ledger.entry import compose
from evenhand.kernels.ledger.export import Unexportable, write_export
from evenhand.kernels.ledger.note import COSIGNATURE, ED25519
from evenhand.kernels.ledger.proofs import Nodes, root_at
from evenhand.kernels.ledger.sample import write_sample
from evenhand.kernels.ledger.signing import SigningKey, fast_verify, new_key, sign_checkpoint
from evenhand.kernels.ledger.standalone import standalone_checker
from evenhand.kernels.ledger.tree import EMPTY_ROOT, leaf_hash
from evenhand.kernels.ledger.verify import FILES, MANIFEST, first_difference, verify

LINES = 48


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small export, made once."""
    folder = tmp_path_factory.mktemp("ledger") / "export"
    write_sample(folder, entries=LINES, checkpoints=3, random_bytes=random.Random(7).randbytes)
    return folder


@pytest.fixture
def export(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(made, tmp_path / "export"))


def problems(folder: Path, key: Path | None = None) -> tuple[str, ...]:
    return verify(str(folder), key=key.read_text() if key else None, check=fast_verify).problems


def test_a_whole_export_is_verified(export: Path, made: Path) -> None:
    found = verify(str(export), key=(made / "log.pub").read_text(), check=fast_verify)
    assert found.problems == ()
    assert (found.lines, found.checkpoints, found.cosignatures) == (LINES, 3, 3)
    assert found.opened == len((export / "openings.txt").read_bytes().splitlines())
    assert found.opened < LINES, "padding and erased entries do not open"


def spoilt(folder: Path, name: str, data: bytes) -> tuple[str, ...]:
    """Say what is found when one file holds something else; leave the file as it was."""
    path = folder / name
    whole = path.read_bytes()
    path.write_bytes(data)
    try:
        return problems(folder)
    finally:
        path.write_bytes(whole)


def named_line(problem: str) -> int:
    """Return the number of the line of the record that a problem names."""
    match = re.match(r"lines\.txt line (\d+) ", problem)
    assert match, problem
    return int(match[1])


def test_a_thousand_single_byte_edits_are_each_found_and_named(export: Path) -> None:
    choose = random.Random(1)
    files = [*FILES, MANIFEST]
    for _ in range(1000):
        name = choose.choice(files)
        data = (export / name).read_bytes()
        at = choose.randrange(len(data))
        byte = choose.choice([byte for byte in range(256) if byte != data[at]])
        found = spoilt(export, name, data[:at] + bytes([byte]) + data[at + 1 :])
        assert found, (name, at, byte)
        assert found[0].startswith(name), (name, at, byte, found)
        if name == "lines.txt":
            assert named_line(found[0]) == data[:at].count(b"\n") + 1


def test_every_byte_of_the_data_counts(tmp_path: Path) -> None:
    """Each byte of each file altered in turn, and every hundredth of the checker's own 30,000."""
    export, choose = tmp_path / "export", random.Random(4)
    write_sample(export, entries=2, checkpoints=1, random_bytes=choose.randbytes)
    assert not problems(export)
    tried = 0
    for name in [*FILES, MANIFEST]:
        data = (export / name).read_bytes()
        for at in range(0, len(data), 100 if name == "verify.py" else 1):
            found = spoilt(
                export, name, data[:at] + bytes([data[at] ^ choose.randrange(1, 256)]) + data[at + 1 :]
            )
            assert found, (name, at)
            assert found[0].startswith(name), (name, at, found)
            if name == "lines.txt":
                assert named_line(found[0]) == data[:at].count(b"\n") + 1
            tried += 1
    assert tried > 2500


def test_a_thousand_deletions_are_each_found_and_named(export: Path) -> None:
    choose = random.Random(2)
    data = (export / "lines.txt").read_bytes()
    lines = data.splitlines(keepends=True)
    for number in range(LINES):
        found = spoilt(export, "lines.txt", b"".join(lines[:number] + lines[number + 1 :]))
        assert found[0].startswith(f"lines.txt line {number + 1} is missing")
    for _ in range(1000 - LINES):
        name = choose.choice([*FILES, MANIFEST])
        data = (export / name).read_bytes()
        at = choose.randrange(len(data))
        length = choose.choice([1, 1, 1, choose.randrange(1, 400), len(data) - at])
        found = spoilt(export, name, data[:at] + data[at + length :])
        assert found, (name, at, length)
        assert found[0].startswith(name), (name, at, length, found)
        if name == "lines.txt":
            assert named_line(found[0]) == data[:at].count(b"\n") + 1


def test_a_thousand_swaps_are_each_found_and_named(export: Path) -> None:
    choose = random.Random(3)
    lines = (export / "lines.txt").read_bytes().splitlines(keepends=True)
    for _ in range(1000):
        one, two = sorted(choose.sample(range(LINES), 2))
        swapped = [*lines]
        swapped[one], swapped[two] = swapped[two], swapped[one]
        found = spoilt(export, "lines.txt", b"".join(swapped))
        assert found[0] == f"lines.txt line {one + 1} is out of order: what stands there is line {two + 1}"


def test_an_insertion_is_found_and_named_wherever_it_is(export: Path) -> None:
    lines = (export / "lines.txt").read_bytes().splitlines(keepends=True)
    foreign = compose({"verb": "look"}, random_bytes=os.urandom).line + b"\n"
    for new in (foreign, lines[5], lines[40], b"\n", b"short\n"):
        for at in range(LINES + 1):
            found = spoilt(export, "lines.txt", b"".join([*lines[:at], new, *lines[at:]]))
            number = at + 1
            while number <= LINES and lines[number - 1] == new:
                number += 1  # a copy beside its original: the second of the two is the one too many
            assert found[0].startswith(f"lines.txt line {number} was inserted"), (at, found)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_no_file_may_be_missing_or_emptied(export: Path, name: str) -> None:
    data = (export / name).read_bytes()
    if data:
        assert any(name in problem for problem in spoilt(export, name, b""))
    (export / name).unlink()
    assert any(name in problem for problem in problems(export))
    (export / name).mkdir()
    assert any(name in problem for problem in problems(export))


def test_no_file_may_be_added(export: Path) -> None:
    for extra in ("extra.txt", ".hidden", "lines.txt~"):
        (export / extra).write_bytes(b"")
        assert problems(export) == (f"{extra} is a file too many: the manifest does not list it",)
        (export / extra).unlink()
    (export / "folder").mkdir()
    assert problems(export) == ("folder is a file too many: the manifest does not list it",)


def test_a_link_in_place_of_a_file_is_refused(export: Path, tmp_path: Path) -> None:
    (export / "lines.txt").rename(tmp_path / "elsewhere")
    (export / "lines.txt").symlink_to(tmp_path / "elsewhere")
    assert problems(export) == ("lines.txt is missing",)
    (export / "lines.txt").unlink()
    os.mkfifo(export / "lines.txt")
    assert any("lines.txt" in problem for problem in problems(export))


@pytest.mark.parametrize("name", ["manifest.txt", "checkpoints.txt", "log.pub", "openings.txt"])
def test_a_link_to_the_very_same_bytes_is_refused_too(export: Path, tmp_path: Path, name: str) -> None:
    (export / name).rename(tmp_path / "elsewhere")
    (export / name).symlink_to(tmp_path / "elsewhere")
    assert any(problem.startswith(name) for problem in verify(str(export)).problems)


@pytest.mark.parametrize("name", ["lines.txt", "openings.txt", "leaves.txt", "witnesses.pub"])
def test_a_file_that_pretends_to_be_endless_is_refused_without_being_read_through(
    export: Path, name: str
) -> None:
    with (export / name).open("r+b") as file:
        file.truncate(1 << 42)
    found = verify(str(export)).problems
    assert found
    assert any(problem.startswith((name, f"the record cannot be read: {name}")) for problem in found)


def test_lines_and_leaves_altered_together_are_caught_by_the_checkpoints(export: Path) -> None:
    lines = (export / "lines.txt").read_bytes().splitlines()
    lines[20] = lines[20][:-5] + b"AAAA="
    (export / "lines.txt").write_bytes(b"".join(line + b"\n" for line in lines))
    (export / "leaves.txt").write_bytes(b"".join(leaf_hash(line).hex().encode() + b"\n" for line in lines))
    assert problems(export)[0] == "lines.txt is altered between lines 17 and 32: checkpoint 2 does not fit"
    (export / "lines.txt").write_bytes(b"".join(line + b"\n" for line in lines[:-1]))
    assert problems(export)[0].startswith("lines.txt has 47 lines where 48 were signed")


@pytest.mark.parametrize("kept", [0, 1, 100, 379, 380, 5000])
def test_a_truncated_record_is_refused(export: Path, kept: int) -> None:
    data = (export / "lines.txt").read_bytes()
    found = spoilt(export, "lines.txt", data[:kept])
    complete, rest = divmod(kept, 380)
    if rest:
        assert found[0] == f"lines.txt line {complete + 1} is altered"
    else:
        assert found[0].startswith(f"lines.txt line {complete + 1} is missing")


def parts(made: Path) -> tuple[list[bytes], list[tuple[int, bytes]], list[bytes]]:
    """Take an export apart again."""
    lines = (made / "lines.txt").read_bytes().splitlines()
    openings = [line.partition(b"\t") for line in (made / "openings.txt").read_bytes().splitlines()]
    notes = (made / "checkpoints.txt").read_bytes().split(b"\n\n")
    checkpoints = [
        notes[at] + b"\n\n" + notes[at + 1].rstrip(b"\n") + b"\n" for at in range(0, len(notes), 2)
    ]
    return lines, [(int(number), opening) for number, _, opening in openings], checkpoints


def test_a_record_signed_anew_passes_without_the_key_and_is_refused_with_it(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, _, _ = parts(made)
    del lines[3]
    forger = new_key("evenhand.example/record", ED25519, random_bytes=os.urandom)
    nodes = Nodes(map(leaf_hash, lines))
    forged = tmp_path / "forged"
    checkpoint = sign_checkpoint(len(lines), root_at(nodes, len(lines)), forger)
    write_export(forged, lines=lines, openings=[], checkpoints=[checkpoint], log_key=forger)
    assert checker(["verify", str(forged)]) == 0
    shown = capsys.readouterr()
    assert "verified: 47 lines" in shown.out
    assert "warning: no --key" in shown.err
    assert "no witness cosigned" in shown.out
    assert checker(["verify", str(forged), "--key", str(made / "log.pub")]) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("NOT VERIFIED: log.pub is not the key that was given")
    assert shown.err == ""
    shutil.copy(made / "log.pub", forged / "log.pub")
    assert checker(["verify", str(forged), "--key", (made / "log.pub").read_text()]) == 1
    assert "checkpoint 1 is not signed by" in capsys.readouterr().out


def test_a_record_cut_short_or_forked_is_refused_by_who_kept_a_checkpoint(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, openings, checkpoints = parts(made)
    kept = tmp_path / "kept"
    log = new_key("evenhand.example/record", ED25519, random_bytes=lambda n: b"\3" * n)
    nodes = Nodes(map(leaf_hash, lines))

    def signed(size: int, tree: Nodes = nodes) -> bytes:
        return sign_checkpoint(size, root_at(tree, size), log)

    write_export(tmp_path / "short", lines=lines[:30], openings=[], checkpoints=[signed(30)], log_key=log)
    for size, status in ((30, 0), (12, 0), (40, 1)):
        kept.write_bytes(signed(size))
        assert checker(["verify", str(tmp_path / "short"), "--checkpoint", str(kept)]) == status
    assert "the rest was left out" in capsys.readouterr().out
    other = Nodes(leaf_hash(bytes(number)) for number in range(30))
    for size in (12, 30):
        kept.write_bytes(signed(size, other))
        assert checker(["verify", str(tmp_path / "short"), "--checkpoint", str(kept)]) == 1
        shown = capsys.readouterr().out
        assert "the log signed two histories" in shown or "the log has forked" in shown
    kept.write_bytes(checkpoints[0])
    assert checker(["verify", str(tmp_path / "short"), "--checkpoint", str(kept)]) == 1
    assert "is not signed by" in capsys.readouterr().out
    assert openings


def test_the_log_cannot_hide_two_histories_among_its_own_checkpoints(made: Path, tmp_path: Path) -> None:
    lines, _, _ = parts(made)
    log = new_key("log.example", ED25519, random_bytes=os.urandom)
    whole, other = Nodes(map(leaf_hash, lines)), Nodes(map(leaf_hash, reversed(lines)))
    twice = [sign_checkpoint(20, root_at(other, 20), log), sign_checkpoint(48, root_at(whole, 48), log)]
    with pytest.raises(
        Unexportable, match="checkpoint 1 is not of this record: the log signed two histories"
    ):
        write_export(tmp_path / "out", lines=lines, openings=[], checkpoints=twice, log_key=log)
    assert not any(tmp_path.iterdir()), "nothing is left behind"


def test_a_false_or_unnamed_cosignature_is_refused(made: Path, tmp_path: Path) -> None:
    lines, _, checkpoints = parts(made)
    log = new_key("log.example", ED25519, random_bytes=os.urandom)
    witness = new_key("witness.example", COSIGNATURE, random_bytes=os.urandom)
    nodes = Nodes(map(leaf_hash, lines))
    good = sign_checkpoint(48, root_at(nodes, 48), log)
    text = good.decode().split("\n\n")[0] + "\n"

    def attempt(note: bytes, *witnesses: SigningKey) -> None:
        named = [key.key for key in witnesses]
        write_export(
            tmp_path / "x", lines=lines, openings=[], checkpoints=[note], log_key=log, witnesses=named
        )

    cosignature = str(witness.sign(text, at=5)).encode()
    with pytest.raises(Unexportable, match=r"witnesses\.pub does not name"):
        attempt(good + cosignature)
    with pytest.raises(Unexportable, match="twice"):
        attempt(good + cosignature + cosignature, witness)
    false = str(witness.sign(text.replace("48", "49"), at=5)).encode()
    with pytest.raises(Unexportable, match="does not match"):
        attempt(good + false, witness)
    with pytest.raises(Unexportable, match="is not signed by"):
        attempt(checkpoints[-1], witness)
    attempt(good + cosignature, witness)
    found = verify(str(tmp_path / "x"), check=fast_verify)
    assert (found.problems, found.cosignatures, found.last_cosigned_at) == ((), 1, 5)


def test_an_empty_record_can_be_exported_and_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sample(tmp_path / "sample", entries=0, random_bytes=os.urandom)
    assert checker(["verify", str(tmp_path / "sample")]) == 0
    assert f"verified: 0 lines of evenhand.example/record, root {EMPTY_ROOT.hex()}" in capsys.readouterr().out
    (tmp_path / "sample" / "lines.txt").write_bytes(b"x\n")
    assert problems(tmp_path / "sample")[0] == "lines.txt line 1 was inserted: the record ends with line 0"


def test_a_record_may_grow_over_many_chunks(tmp_path: Path) -> None:
    write_sample(tmp_path / "big", entries=9000, checkpoints=40, random_bytes=random.Random(1).randbytes)
    assert problems(tmp_path / "big") == ()
    lines = (tmp_path / "big" / "lines.txt").read_bytes().splitlines(keepends=True)
    for number in (4095, 4096, 4097, 8192, 9000):
        spoilt_lines = [*lines]
        spoilt_lines[number - 1] = b"2" + spoilt_lines[number - 1][1:]
        assert named_line(spoilt(tmp_path / "big", "lines.txt", b"".join(spoilt_lines))[0]) == number


def test_wrong_parts_make_no_export(made: Path, tmp_path: Path) -> None:
    lines, openings, _ = parts(made)
    log = new_key("log.example", ED25519, random_bytes=os.urandom)
    witness = new_key("witness.example", COSIGNATURE, random_bytes=os.urandom)
    nodes = Nodes(map(leaf_hash, lines))
    end = sign_checkpoint(48, root_at(nodes, 48), log)
    cases: list[tuple[Callable[[], None], str]] = [
        (lambda: write(lines[:-1], openings, [end]), "47 lines where 48"),
        (
            lambda: write([*lines, lines[0]], openings, [end]),
            "line 49 and all after it stand under no signed checkpoint",
        ),
        (lambda: write(lines, openings, []), "no checkpoint"),
        (lambda: write([b"a\nb"], [], [end]), "holds a line end"),
        (lambda: write(lines, [(1, b"a\nb")], [end]), "hold a line end"),
        (lambda: write(lines, openings[::-1], [end]), "of no line that is there"),
        (lambda: write(lines, [(49, openings[0][1])], [end]), "of no line that is there"),
        (lambda: write(lines, [(2, openings[0][1])], [end]), "belong to another line"),
        (lambda: write(lines, openings, [end], key=witness), "one kind of key"),
    ]

    def write(
        some: list[bytes], told: list[tuple[int, bytes]], notes: list[bytes], key: SigningKey = log
    ) -> None:
        write_export(tmp_path / "out", lines=some, openings=told, checkpoints=notes, log_key=key)

    for attempt, why in cases:
        with pytest.raises(Unexportable, match=why):
            attempt()
        assert not any(tmp_path.iterdir())
    write(lines, openings, [end])
    with pytest.raises(Unexportable, match="is there already"):
        write(lines, openings, [end])


def test_a_word_altered_in_the_openings_is_named(export: Path) -> None:
    data = (export / "openings.txt").read_bytes()
    found = spoilt(export, "openings.txt", data.replace(b"verb=screen", b"verb=closed", 1))
    assert re.match(
        r"openings\.txt line \d+ \(of lines\.txt line \d+\) does not open: verb is not what", found[0]
    )
    moved = data.replace(b"\tactor=", b"\tverb=", 1)
    assert "a cell stands in a slot that is not its own" in spoilt(export, "openings.txt", moved)[0]


def test_first_difference_tells_apart_what_can_happen() -> None:
    due = [bytes([number]) for number in range(6)]
    new = b"new"
    for held, why in (
        (due[1:], "line 1 is missing"),
        (due[:3], "line 4 is missing"),
        ([*due, new], "line 7 was inserted"),
        ([new, *due], "line 1 was inserted"),
        ([due[0], new, *due[2:]], "line 2 is altered"),
        ([due[0], due[3], due[2], due[1], *due[4:]], "line 2 is out of order: what stands there is line 4"),
        (due[::-1], "line 1 is out of order"),
        ([], "line 1 is missing"),
    ):
        assert first_difference(held, due).startswith(f"lines.txt {why}")


PYTHONS = sorted(
    {sys.executable, *filter(None, (shutil.which(f"python3.{minor}") for minor in range(9, 15)))}
)


def working(pythons: list[str]) -> Iterator[str]:
    """Yield those interpreters that start (some names on the path may be empty shells)."""
    for python in pythons:
        if subprocess.run([python, "-c", "0"], capture_output=True, check=False, env={}).returncode == 0:
            yield python


def alone(python: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the export's own checker with nothing but the standard library."""
    command = [python, "-I", "-S", str(folder / "verify.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={}, timeout=60)


def test_the_checker_in_the_export_needs_python_alone(export: Path, made: Path) -> None:
    for python in working(PYTHONS):
        whole = alone(python, export, "--key", str(made / "log.pub"))
        assert (whole.returncode, whole.stderr) == (0, ""), (python, whole)
        assert whole.stdout.startswith("verified: 48 lines of evenhand.example/record")
    data = (export / "lines.txt").read_bytes()
    (export / "lines.txt").write_bytes(data[:7000] + b"!" + data[7001:])
    altered = alone(sys.executable, export, str(export))
    assert altered.returncode == 1
    assert altered.stdout.startswith("NOT VERIFIED: lines.txt line 19 is altered\n")
    assert "warning: no --key" in altered.stderr


def test_the_checker_in_the_export_imports_only_the_standard_library() -> None:
    source = standalone_checker().decode()
    imported = set(re.findall(r"^\s*(?:from|import) ([a-z0-9_]+)", source, re.MULTILINE))
    assert imported - {"__future__"} <= set(sys.stdlib_module_names)
    assert not re.search(r"^\s*(?:from|import) evenhand", source, re.MULTILINE)


def test_the_command_line_says_what_it_cannot_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checker(["verify", str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert checker(["verify", str(tmp_path)]) == 1
    assert "log.pub cannot be read" in capsys.readouterr().out
    assert checker(["verify", str(tmp_path), "--key", "no key"]) == 1
    assert "the key that was given is not a public key" in capsys.readouterr().out
    assert checker(["verify", str(tmp_path), "--checkpoint", str(tmp_path / "none")]) == 2
    assert "cannot read what was given" in capsys.readouterr().err


def test_nothing_in_an_export_can_move_the_cursor(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (export / "\x1b[2Jverified").write_bytes(b"")
    assert checker(["verify", str(export)]) == 1
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert r"\x1b[2Jverified" in shown


def test_the_words_make_and_check_a_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        assert (
            evenhand(["ledger", "sample", "--entries", "20", "--out", str(tmp_path / name), "--seed", "5"])
            == 0
        )
    assert {path.name for path in (tmp_path / "one").iterdir()} == {*FILES, MANIFEST}
    for name in (*FILES, MANIFEST):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert (
        evenhand(["ledger", "verify", str(tmp_path / "one"), "--key", str(tmp_path / "two" / "log.pub")]) == 0
    )
    assert "verified: 20 lines" in capsys.readouterr().out
    (tmp_path / "one" / "leaves.txt").write_bytes(b"")
    assert evenhand(["ledger", "verify", str(tmp_path / "one")]) == 1
    assert evenhand(["ledger", "sample", "--entries", "1", "--out", str(tmp_path / "one")]) == 2
    assert "is there already" in capsys.readouterr().err
    assert evenhand(["ledger", "sample", "--entries", "-1", "--out", str(tmp_path / "x")]) == 2
    assert (
        evenhand(["ledger", "sample", "--entries", "1", "--checkpoints", "0", "--out", str(tmp_path / "x")])
        == 2
    )
