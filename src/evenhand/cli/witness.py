"""Run a witness: a council or community body that cosigns a record and refuses one that forked or went back."""

from __future__ import annotations

import argparse
import logging
import threading
from pathlib import Path

from evenhand.cli.main import CommandError
from evenhand.operations.supervise import Stop
from evenhand.operations.witness.serve import WitnessServer
from evenhand.operations.witness.state import WitnessState, WitnessTrouble


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take `init`, `log`, `key` or `serve`."""
    words = parser.add_subparsers(dest="what", required=True)
    made = words.add_parser("init", help="make a witness: a folder with a key of its own")
    made.add_argument("--name", required=True, help="what it is called, as in council.example/witness")
    log = words.add_parser("log", help="serve a log from now on")
    log.add_argument("key", help="the log's public key, as a file or as text, got from whoever keeps the log")
    key = words.add_parser("key", help="print the witness's public key")
    serve = words.add_parser("serve", help="answer logs that ask, until told to end")
    serve.add_argument("--bind", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, default=8001, help="the port (8001)")
    for word in (made, log, key, serve):
        word.add_argument(
            "--folder", type=Path, required=True, help="where the witness keeps its key and its memory"
        )


def run(arguments: argparse.Namespace) -> int:
    """Do one of them; needs neither a database nor an instance."""
    try:
        if arguments.what == "init":
            print(WitnessState.make(arguments.folder, arguments.name).key().key)
            return 0
        state = WitnessState(arguments.folder)
        if arguments.what == "key":
            print(state.key().key)
        elif arguments.what == "log":
            given = Path(arguments.key)
            text = given.read_text(encoding="utf-8") if given.is_file() else arguments.key
            print(f"serves {state.add_log(text).name}")
        else:
            _serve(state, arguments.bind, arguments.port)
    except WitnessTrouble as trouble:
        raise CommandError(str(trouble)) from None
    return 0


def _serve(state: WitnessState, host: str, port: int) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    key, logs = state.key().key, state.logs()
    state.latest()
    with state.alone(), Stop() as stop, WitnessServer(state, host, port) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        names = ", ".join(logs) or "no log yet: `evenhand witness log` adds one"
        print(f"{key.name} listens on http://{host}:{server.server_port} for {names}", flush=True)
        while not stop.wait(0.2):
            pass
        server.shutdown()
        thread.join()
