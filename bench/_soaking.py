"""Run an instance under load while its parts are killed, then count what was acknowledged and what is there."""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from _fresh import say

SEED = 11
PARTS = ("worker", "web", "database", "witness")
MOST_KILLS = 400


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


class Instance:
    """The processes of one instance, each killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.witness_port = folder, free_port(), free_port()
        self.running: dict[str, subprocess.Popen] = {}
        self.log = (folder / "processes.log").open("wb")

    def start(self, part: str) -> None:
        words = {
            "worker": ["work"],
            "web": ["serve", "--workers", "1"],
            "witness": [
                "witness",
                "serve",
                "--folder",
                str(self.folder / "witness"),
                "--port",
                str(self.witness_port),
            ],
        }[part]
        self.running[part] = subprocess.Popen(
            [sys.executable, "-m", "evenhand.cli.main", *words], stdout=self.log, stderr=self.log, start_new_session=True,
            env=os.environ | {"EVENHAND_PORT": str(self.port), "EVENHAND_PROCESS": ""},
        )  # fmt: skip

    def kill(self, part: str) -> None:
        """SIGKILL, children included: nobody gets to say goodbye."""
        process = self.running[part]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.start(part)


def write_lines(conninfo: str, stop: threading.Event, kept: list[bytes], trouble: Counter) -> None:
    """Append lines as the application does; keep what was acknowledged."""
    import psycopg

    choose = random.Random(str(conninfo) + str(threading.get_ident()))
    while not stop.is_set():
        try:
            with psycopg.connect(conninfo, connect_timeout=2) as session:
                while not stop.is_set():
                    lines = [line() for _ in range(choose.randint(1, 5))]
                    session.execute("select wall.enter_door()")
                    session.execute("select wall.append(null, %s, %s)", [lines, [b"s" * 540] * len(lines)])
                    if choose.random() < 0.02:
                        session.rollback()
                        continue
                    session.commit()
                    kept.extend(lines)
                    time.sleep(0.002)
        except psycopg.Error:
            trouble["writer cut off"] += 1
            stop.wait(0.2)


def line() -> bytes:
    data = os.urandom(272)
    return b"1 " + data[:16].hex().encode() + b" " + base64.b64encode(data[16:])


def refer(
    port: int, token: str, area: str, stop: threading.Event, kept: list[tuple[str, str]], trouble: Counter
) -> None:
    """Bring concerns in through the API; one that was cut off is sent again with the same number, as a partner's system does."""
    once, since = str(uuid4()), 0.0
    while not stop.is_set():
        body = {"answers": {"danger": "no", "what_happened": "Something.", "why_now": "Now.", "names": "Sami Example",
                            "born": "2009-05-04", "sector": "education"}, "area": area, "reason": "I am worried.", "once": once}  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request(
                "POST",
                "/api/v1/referrals",
                json.dumps(body),
                {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            told = json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            trouble["referral cut off"] += 1
            stop.wait(0.2)
            continue
        finally:
            connection.close()
        if answer.status == 201:
            kept.append((once, told["reference"]))
            once = str(uuid4())
            stop.wait(0.05)
        else:
            trouble[f"referral answered {answer.status}"] += 1
            since = since or time.monotonic()
            stop.wait(0.2)


def main(folder: Path, seconds: float) -> int:
    os.environ.pop("EVENHAND_PARENT", None)
    witness = folder / "witness"
    os.environ.update(EVENHAND_DATA=str(folder), EVENHAND_MODE="demo", DJANGO_SETTINGS_MODULE="evenhand.settings.instance",
                      EVENHAND_CHECKPOINT_SECONDS="5", EVENHAND_LOG_ORIGIN="soak.example/ledger")  # fmt: skip
    from evenhand.operations.database import Cluster, addresses
    from evenhand.operations.witness.state import WitnessState

    instance = Instance(folder)
    os.environ["EVENHAND_PROCESS"] = "operator"
    cluster = Cluster(folder)
    cluster.ensure()
    import django

    django.setup()
    from django.db import connections

    from evenhand.gate.entry import open_session
    from evenhand.operations import seed
    from evenhand.operations.database.migrating import migrate
    from evenhand.operations.sealing.log_key import LogFolder

    log_key = LogFolder(folder / "sealing", folder / "sealing" / "log.key").make_key("soak.example/ledger")
    state = WitnessState.make(witness, "witness.example/soak")
    state.add_log(str(log_key.key))
    os.environ["EVENHAND_WITNESSES"] = f"{state.key().key} http://127.0.0.1:{instance.witness_port}"
    migrate(os.environ, verbosity=0)
    seed.fill(cases=2, seed=2, progress=lambda done, of: None)
    with connections["admin"].cursor() as cursor:
        cursor.execute("select practitioner_id from role_holding where role = 'safeguarding_lead' limit 1")
        token = open_session(cursor.fetchone()[0])
        cursor.execute("select code from area limit 1")
        area = cursor.fetchone()[0]
    connections.close_all()
    for part in ("witness", "worker", "web"):
        instance.start(part)
    stop, trouble, kills = threading.Event(), Counter(), Counter()
    lines: list[list[bytes]] = [[] for _ in range(2)]
    referrals: list[list[tuple[str, str]]] = [[] for _ in range(2)]
    app = addresses(os.environ).app.conninfo()
    load = [threading.Thread(target=write_lines, args=(app, stop, kept, trouble)) for kept in lines]
    load += [
        threading.Thread(target=refer, args=(instance.port, token, area, stop, kept, trouble))
        for kept in referrals
    ]
    for thread in load:
        thread.start()
    choose, until = random.Random(SEED), time.monotonic() + seconds
    while time.monotonic() < until and sum(kills.values()) < MOST_KILLS:
        time.sleep(choose.uniform(1.0, 5.0))
        part = choose.choice(PARTS)
        kills[part] += 1
        if part == "database":
            with suppress(ProcessLookupError):
                os.kill(cluster.pid(), signal.SIGKILL)
            for _ in range(100):
                try:
                    cluster.ensure()
                    break
                except Exception:  # the server's last processes still hold its memory
                    time.sleep(0.2)
        else:
            instance.kill(part)
    stop.set()
    for thread in load:
        thread.join()
    time.sleep(12)  # two checkpoints more, with nobody killed
    for process in instance.running.values():
        process.terminate()
    for process in instance.running.values():
        process.wait()
    acked = [one for kept in lines for one in kept]
    begun = [one for kept in referrals for one in kept]
    how = f"{seconds:g} s; killed with SIGKILL: {', '.join(f'{part} {count} times' for part, count in sorted(kills.items()))}"
    say("kills", sum(kills.values()), "", how)
    say(
        "lines acknowledged",
        len(acked),
        "",
        "appended by two writers beside the web, each line kept by its writer",
    )
    say("referrals acknowledged", len(begun), "", f"through the API; meanwhile: {dict(trouble)}")
    ill = count(folder, cluster, acked, begun)
    cluster.release()
    return 1 if ill else 0


def count(folder: Path, cluster, acked: list[bytes], begun: list[tuple[str, str]]) -> int:
    """Compare what was acknowledged with what is there; returns how much is wrong."""
    import psycopg

    from evenhand.gate.demo import as_worker
    from evenhand.gate.entry import enter_house
    from evenhand.kernels.ledger.note import COSIGNATURE
    from evenhand.kernels.ledger.proofs import check_inclusion
    from evenhand.kernels.ledger.signing import fast_verify
    from evenhand.kernels.ledger.tree import leaf_hash
    from evenhand.kernels.ledger.verify import verify
    from evenhand.operations.database import addresses
    from evenhand.operations.sealing import check, published, seal_all
    from evenhand.operations.sealing.export import export
    from evenhand.operations.sealing.log_key import log_folder
    from evenhand.operations.sealing.publish import publish
    from evenhand.operations.sealing.tree import StoredTree

    assert COSIGNATURE
    superuser = cluster.ensure().named(addresses(os.environ).app.dbname).as_itself().conninfo()
    with as_worker():
        seal_all(seconds=600)
        key = log_folder().key()
        publish(log_folder(), key, every_seconds=5, lines=64, force=True)
        complaints = check()
        last = published()
        with psycopg.connect(superuser) as session:
            placed = session.execute(
                "select f.position, e.line from ledger_leaf f join ledger_entry e on e.id = f.entry_id"
            ).fetchall()
            entries = session.execute("select count(*) from ledger_entry").fetchone()[0]
            references = Counter(row[0] for row in session.execute("select reference from case_file"))
            without = session.execute(
                "select count(*) from case_file c where not exists (select 1 from entry_of o join ledger_leaf f on f.entry_id = o.entry_id where o.case_id = c.id)"
            ).fetchone()[0]
            repeated = session.execute(
                "select count(*) from (select idempotency_key from decision where step = 'refer' or from_place = '' group by 1 having count(*) > 1) x"
            ).fetchone()[0]
            alarms = session.execute("select kind, said from ledger_alarm").fetchall()
            checkpoints, cosigned = session.execute(
                "select count(*), (select count(*) from ledger_cosignature) from ledger_checkpoint").fetchone()  # fmt: skip
        where = {}
        times: Counter = Counter()
        for position, text in placed:
            where[bytes(text)] = position
            times[bytes(text)] += 1
        missing = sum(1 for one in acked if one not in where)
        doubled = sum(1 for count in times.values() if count > 1)
        lost = sum(1 for _, reference in begun if references[reference] != 1)
        bad = 0
        sample = random.Random(1).sample(acked, min(2000, len(acked)))
        with enter_house():
            tree = StoredTree(last.size)
            for one in sample:
                try:
                    check_inclusion(
                        leaf_hash(one), where[one], last.size, tree.prove(where[one]), last.checkpoint.root
                    )
                except Exception:
                    bad += 1
        export(folder / "export")
        found = verify(str(folder / "export"), key=last.key, check=fast_verify)
    say(
        "acknowledged lines that are missing",
        missing,
        "",
        f"of {len(acked):,}; {entries - len(placed)} of {entries:,} entries have no place",
    )
    say("lines that are there twice", doubled, "", f"of {len(placed):,} in the tree")
    say(
        "acknowledged referrals missing or doubled",
        lost + repeated,
        "",
        f"of {len(begun):,}; a repeated sending made {repeated} acts more",
    )
    say("cases without a sealed line", without, "", f"of {sum(references.values()):,}")
    say("complaints of the record's own check", len(complaints), "", "; ".join(complaints[:3]) or "none")
    say(
        "inclusion proofs that fail",
        bad,
        "",
        f"of {len(sample):,} acknowledged lines, against the last checkpoint",
    )
    say(
        "problems the export's checker finds",
        len(found.problems),
        "",
        f"{found.lines:,} lines, {found.checkpoints} checkpoints, {found.cosignatures} cosignatures",
    )
    inconsistent = [said for kind, said in alarms if kind == "inconsistent"]
    say(
        "checkpoints signed",
        checkpoints,
        "",
        f"{cosigned} cosigned; alarms raised: {len(alarms)}, of them that something does not fit: {len(inconsistent)}",
    )
    wrong = (
        missing
        + doubled
        + lost
        + repeated
        + without
        + len(complaints)
        + bad
        + len(found.problems)
        + len(inconsistent)
    )
    return wrong + (entries - len(placed))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
