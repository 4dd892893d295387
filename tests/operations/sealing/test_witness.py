"""Witnesses, over a real loopback connection: they cosign what only grows, refuse what forked, and never hold acts up."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evenhand.cli import witness as word
from evenhand.cli.main import main
from evenhand.gate import demo
from evenhand.kernels.ledger.note import COSIGNATURE, ED25519, read_key, read_note, signed_by
from evenhand.kernels.ledger.proofs import Nodes, consistency_proof, root_at
from evenhand.kernels.ledger.signing import fast_verify, new_key, sign_checkpoint
from evenhand.kernels.ledger.tree import leaf_hash
from evenhand.kernels.ledger.witness import Request
from evenhand.operations.sealing import record_state
from evenhand.operations.sealing import sealer as sealing
from evenhand.operations.sealing.cosigning import Witness, WitnessesUnreadable, read_witnesses
from evenhand.operations.sealing.log_key import log_folder
from evenhand.operations.sealing.publish import published
from evenhand.operations.sealing.sealer import Sealer
from evenhand.operations.witness.serve import WitnessServer
from evenhand.operations.witness.state import WitnessState, WitnessTrouble
from evenhand.outside.witness import WitnessAway, ask
from tests.operations.sealing.test_publish import sign_now
from tests.operations.sealing.test_seal import app, append, some_lines
from tests.world import World

LOG = new_key("log.example", ED25519, random_bytes=lambda n: b"\1" * n)
NODES = Nodes(leaf_hash(str(i).encode()) for i in range(100))
FORKED = Nodes(leaf_hash(f"other {i}".encode()) for i in range(100))


@contextmanager
def serving(folder: Path, name: str = "council.example/witness") -> Iterator[tuple[WitnessState, str]]:
    state = WitnessState.make(folder, name) if not (folder / "witness.key").exists() else WitnessState(folder)
    with state.alone(), WitnessServer(state, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield state, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def request(old: int, new: int, nodes: Nodes = NODES) -> bytes:
    checkpoint = sign_checkpoint(new, root_at(nodes, new), LOG)
    return bytes(Request(old, tuple(consistency_proof(nodes, old, new)), checkpoint))


def test_a_log_that_grows_is_cosigned_and_one_that_forked_or_went_back_is_refused(tmp_path: Path):
    with serving(tmp_path / "w") as (state, url):
        assert ask(url, request(0, 10), seconds=5)[0] == 404  # no such log is known
        state.add_log(str(LOG.key))
        assert ask(url, request(0, 10), seconds=5)[0] == 200
        assert ask(url, request(10, 40), seconds=5)[0] == 200
        assert ask(url, request(10, 30), seconds=5) == (409, b"40\n")
        assert ask(url, request(40, 60, FORKED), seconds=5)[0] == 422
        assert ask(url, request(40, 40, FORKED), seconds=5) == (409, b"40\n")
    # What it saw is on disk: another process over the same folder knows it still, and has the forks to show.
    with serving(tmp_path / "w") as (state, url):
        assert ask(url, request(10, 40), seconds=5) == (409, b"40\n")
        assert ask(url, request(40, 70), seconds=5)[0] == 200
    assert len(list((tmp_path / "w" / "forks").iterdir())) >= 2


def test_what_a_witness_saw_is_on_disk_before_it_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from evenhand.operations.witness import state as states

    with serving(tmp_path / "w") as (state, url):
        state.add_log(str(LOG.key))

        def full(path: Path, data: bytes) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(states, "write_durably", full)
        assert ask(url, request(0, 10), seconds=5)[0] == 500
        monkeypatch.undo()
        assert ask(url, request(0, 20, FORKED), seconds=5)[0] == 200  # nothing was promised before


def test_a_witness_that_lost_its_memory_says_so_and_signs_nothing(tmp_path: Path):
    with serving(tmp_path / "w") as (state, url):
        state.add_log(str(LOG.key))
        assert ask(url, request(0, 10), seconds=5)[0] == 200
        seen = next((tmp_path / "w" / "seen").iterdir())
        seen.write_bytes(b"")
        assert ask(url, request(0, 10), seconds=5)[0] == 500


def test_two_witnesses_cannot_serve_from_one_folder(tmp_path: Path):
    with (
        serving(tmp_path / "w"),
        pytest.raises(WitnessTrouble, match="another witness"),
        serving(tmp_path / "w"),
    ):
        pass


def test_a_log_cannot_come_back_with_another_key(tmp_path: Path):
    state = WitnessState.make(tmp_path / "w", "w.example")
    state.add_log(str(LOG.key))
    with pytest.raises(WitnessTrouble, match="another key"):
        state.add_log(str(new_key("log.example", ED25519, random_bytes=lambda n: b"\5" * n).key))
    with pytest.raises(WitnessTrouble, match="there is a witness"):
        WitnessState.make(tmp_path / "w", "w.example")


@pytest.mark.parametrize("sent", [
    b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
    b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\njunk\n",
    b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /seen HTTP/1.1\r\nHost: x\r\n\r\n",
])  # fmt: skip
def test_junk_is_answered_and_nothing_worse(tmp_path: Path, sent: bytes):
    with serving(tmp_path / "w") as (_, url):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as session:
            session.sendall(sent)
            answered = session.recv(100)
        assert answered.startswith(b"HTTP/1.1 ")
        assert answered[9:10] in b"45"
        assert ask(url, request(0, 10), seconds=5)[0] == 404  # it goes on


@pytest.mark.parametrize(
    "url", ["", "ftp://x/", "http://127.0.0.1:1/", "http://[", "http://127.0.0.1:99999/"]
)
def test_a_witness_that_is_not_there_is_away(url: str):
    with pytest.raises(WitnessAway):
        ask(url, b"", seconds=1)


def test_the_setting_names_each_witness_with_key_and_address():
    key = new_key("w.example", COSIGNATURE, random_bytes=lambda n: b"\2" * n).key
    assert read_witnesses("") == []
    assert read_witnesses(f" {key} http://127.0.0.1:1/ ,\n") == [Witness(key, "http://127.0.0.1:1/")]
    for wrong in ("x", f"{key}", f"{LOG.key} http://x", f"{key} http://x, {key} http://y"):
        with pytest.raises(WitnessesUnreadable):
            read_witnesses(wrong)


def rounds(one: Sealer, until, most: float = 10.0) -> None:
    """Do rounds, as the worker does, until something is so; between them wait for what the witnesses answer."""
    end = time.monotonic() + most
    while time.monotonic() < end:
        one.round()
        if until():
            return
        for cosigning in one.cosigning:
            if cosigning.asked is not None:
                cosigning.asked.done.wait(end - time.monotonic())
    raise AssertionError("it did not come about")


def witnessed(url: str, state: WitnessState, *, every: float = 3600) -> Sealer:
    return Sealer(
        log_folder(),
        every_seconds=every,
        lines=8,
        witnesses=[Witness(state.key().key, url)],
        patience_seconds=2,
    )


def cosigned_by(state: WitnessState) -> bool:
    last = published()
    return last is not None and any(state.key().key.name in line for line in last.cosigned)


def test_our_log_is_cosigned_and_the_witness_refuses_it_when_it_was_rolled_back(world: World, tmp_path: Path):
    with demo.as_worker(), serving(tmp_path / "w", f"w{world.tag}.example") as (state, url):
        sign_now()
        key = log_folder().key()
        assert key is not None
        state.add_log(str(key.key))
        one = witnessed(url, state)
        rounds(one, lambda: cosigned_by(state))
        note = read_note(published().cosigned_note)
        assert signed_by(note, key.key, fast_verify) == 0
        assert signed_by(note, state.key().key, fast_verify) is not None
        with app() as session:
            append(session, some_lines(3))
        sign_now()
        rounds(one, lambda: cosigned_by(state))
        assert not one.cosigning[0].trouble
        # The witness has seen more than there is here now: yesterday's backup was restored, folder and all.
        big = Nodes(leaf_hash(str(i).encode()) for i in range(published().size + 50))
        state.latest()
        (tmp_path / "w" / "seen" / next((tmp_path / "w" / "seen").iterdir()).name).write_text(
            f"{key.key.name}\n{big.size}\n{sign_checkpoint(big.size, root_at(big, big.size), key).decode().splitlines()[2]}\n"
        )
        before = published().number
        fresh = witnessed(url, state, every=0.001)
        rounds(fresh, lambda: record_state().word == "inconsistent")
        assert "restored from an old copy" in record_state().said
        for _ in range(3):
            fresh.round()
        assert published().number == before  # no second history is signed
    with demo.as_worker():
        sealing.lower_alarm("inconsistent")
        sign_now()


def test_a_witness_that_hangs_holds_nothing_up(world: World):
    with demo.as_worker(), socket.create_server(("127.0.0.1", 0)) as deaf:
        sign_now()
        key = new_key(f"deaf{world.tag}.example", COSIGNATURE, random_bytes=lambda n: b"\3" * n).key
        one = Sealer(
            log_folder(), every_seconds=3600, lines=8, patience_seconds=0.3,
            witnesses=[Witness(key, f"http://127.0.0.1:{deaf.getsockname()[1]}")],
        )  # fmt: skip
        with app() as session:
            append(session, some_lines(4))
        began = time.monotonic()
        one.round()
        assert time.monotonic() - began < 2
        rounds(one, lambda: bool(one.cosigning[0].trouble))
        assert "does not answer" in one.cosigning[0].trouble


def test_the_words_make_a_witness_and_run_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = str(tmp_path / "w")
    assert main(["witness", "key", "--folder", folder]) == 2
    assert main(["witness", "init", "--folder", folder, "--name", "council.example/witness"]) == 0
    key = read_key(capsys.readouterr().out.strip(), COSIGNATURE)
    assert main(["witness", "init", "--folder", folder, "--name", "again"]) == 2
    assert main(["witness", "log", "--folder", folder, str(LOG.key)]) == 0
    assert main(["witness", "log", "--folder", folder, "junk"]) == 2
    assert word.__doc__
    run = subprocess.Popen(
        [sys.executable, "-m", "evenhand.cli.main", "witness", "serve", "--folder", folder, "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(__file__).parents[3] / "src",
    )  # fmt: skip
    try:
        assert run.stdout is not None
        said = run.stdout.readline()
        assert "log.example" in said
        url = said.split(" listens on ")[1].split(" ")[0]
        status, body = ask(url, request(0, 10), seconds=5)
        assert status == 200
        assert key.name in body.decode()
        address = url.removeprefix("http://")
        connection = http.client.HTTPConnection(address, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().read().decode().strip() == str(key)
    finally:
        run.terminate()
        assert run.wait(10) == 0
        run.stdout.close()
