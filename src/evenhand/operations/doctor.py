"""Examine an instance: versions, folders, secrets, settings, database and wall, one line each."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from evenhand.kernels.policy import BUILT_IN, BrokenPack, find_packs, load_pack
from evenhand.operations.backup.noting import examine_backups
from evenhand.operations.data_folder import data_folder
from evenhand.operations.database import (
    Cluster,
    DatabaseTrouble,
    addresses,
    has_admin,
    is_local,
    server,
)
from evenhand.operations.database.examining import examine_database
from evenhand.operations.database.finding import Finding
from evenhand.operations.database.recording import examine_record
from evenhand.operations.deploying import examine_deployment, examine_people_and_keys
from evenhand.operations.secrets import SecretTrouble, secrets_folder

LEAST_FREE = 1024**3  # bytes: below this a busy day can fill the disk
MODES = ("production", "demo")
LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]", ""}


def examine(environ: Mapping[str, str], *, deploy: bool) -> Iterator[Finding]:
    """Yield what there is to say; `deploy` adds what an instance that real people use must have."""
    yield _python()
    yield from _folders(environ)
    yield from _settings(environ)
    yield _policy(environ)
    if deploy:
        yield from _deployment(environ)
        yield from examine_deployment(environ)
        yield from examine_backups(environ, now=datetime.now(UTC))
    yield from _database(environ, deploy=deploy)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("Python", sys.version_info >= (3, 11), f"{version}, 3.11 or later is needed")


def _folders(environ: Mapping[str, str]) -> Iterator[Finding]:
    data = data_folder(environ)
    yield _private("data folder", data, allowed=0o711)
    if not data.exists():
        return
    free = shutil.disk_usage(data).free
    yield Finding("disk", free >= LEAST_FREE, f"{free // 1024**2} MB free in {data}")
    folder = secrets_folder(environ)
    yield _private("secrets folder", folder, allowed=0o700)
    for path in sorted(folder.glob("[!.]*")) if folder.is_dir() and os.access(folder, os.R_OK) else []:
        finding = _private(f"secret {path.name}", path, allowed=0o600)
        if not finding.well:
            yield finding
    for path in (data / "sealing", data / "sealing" / "log.key"):
        if path.exists():
            yield _private(
                "log's key" if path.is_file() else "sealing folder",
                path,
                allowed=0o600 if path.is_file() else 0o700,
            )
    keys = data / "keys"
    if keys.exists():
        yield _private("keys folder", keys, allowed=0o700)


def _private(what: str, path: Path, *, allowed: int) -> Finding:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return Finding(what, True, f"{path} is not made yet")
    except OSError as error:
        return Finding(what, False, f"{path} cannot be looked at: {(error.strerror or str(error)).lower()}")
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid not in {os.geteuid(), 0}:
        return Finding(what, False, f"{path} belongs to another account (number {found.st_uid})")
    if mode & ~allowed & 0o777:
        return Finding(what, False, f"{path} is open to others ({mode:o}): chmod {allowed:o} {path}")
    return Finding(what, True, f"{path} ({mode:o})")


def _settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    mode = environ.get("EVENHAND_MODE", "production")
    yield Finding("EVENHAND_MODE", mode in MODES, f"{mode}; it can be {' or '.join(MODES)}")
    port = environ.get("EVENHAND_PORT", "8000")
    right = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    yield Finding("EVENHAND_PORT", right, port if right else f"{port!r} is not a port number")
    both = bool(environ.get("EVENHAND_ADMIN_DATABASE_URL")) and not environ.get("EVENHAND_DATABASE_URL")
    if both:
        yield Finding("EVENHAND_DATABASE_URL", False, "is not set although EVENHAND_ADMIN_DATABASE_URL is")


def _policy(environ: Mapping[str, str]) -> Finding:
    """Every pack is read, the site's own too: with a broken one neither web nor worker begins."""
    wanted = environ.get("EVENHAND_PACK", "").strip() or "gb-eaw"
    own = [Path(folder) for folder in environ.get("EVENHAND_PACKS", "").split(":") if folder]
    try:
        found = find_packs([BUILT_IN, *own])
        for folder in found.values():
            load_pack(folder)
    except BrokenPack as broken:
        return Finding("policy", False, f"{broken.problems[0]}; `evenhand policy check` lists all")
    if wanted not in found:
        return Finding("policy", False, f"there is no pack {wanted!r}; there are: {', '.join(found)}")
    return Finding("policy", True, f"{wanted} is in force; {len(found)} packs hold")


def _deployment(environ: Mapping[str, str]) -> Iterator[Finding]:
    demo = environ.get("EVENHAND_MODE", "production") == "demo"
    yield Finding("mode", not demo, "demo sign-ins are known to everybody" if demo else "no demo")
    hosts = {host.strip() for host in environ.get("EVENHAND_HOSTS", "").split(",")} - LOCAL_NAMES
    said = ", ".join(sorted(hosts)) or "no public name is set, so browsers elsewhere are refused"
    yield Finding("EVENHAND_HOSTS", bool(hosts) and "*" not in hosts, said)
    tls = environ.get("EVENHAND_TLS", "1") == "1"
    yield Finding(
        "EVENHAND_TLS", tls, "cookies travel under TLS only" if tls else "cookies would travel in clear"
    )
    mail = bool(environ.get("EVENHAND_EMAIL_URL"))
    yield Finding(
        "EVENHAND_EMAIL_URL", mail, "set" if mail else "not set: invitations and notices reach nobody"
    )
    root = os.geteuid() == 0
    yield Finding("account", not root, "root: use an account of its own" if root else "not root")


def _cadence(environ: Mapping[str, str]) -> int:
    default = 60 if environ.get("EVENHAND_MODE", "production") == "demo" else 600
    named = environ.get("EVENHAND_CHECKPOINT_SECONDS", "")
    return int(named) if named.isascii() and named.isdigit() and int(named) else default


def _database(environ: Mapping[str, str], *, deploy: bool) -> Iterator[Finding]:
    try:
        with server(environ):
            ways = addresses(environ)
            admin = None
            if has_admin(environ):
                admin = Cluster(data_folder(environ)).address() if is_local(environ) else ways.admin
            yield from examine_database(ways, admin=admin)
            if deploy and admin is not None:
                yield from examine_people_and_keys(admin.named(ways.app.dbname), environ)
            yield examine_record(ways, every_seconds=_cadence(environ))
    except (DatabaseTrouble, SecretTrouble) as trouble:
        yield Finding("database", False, str(trouble))
