"""Say where an instance keeps what it must not lose: EVENHAND_DATA, else var/ beside the Makefile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def data_folder(environ: Mapping[str, str]) -> Path:
    """Return the absolute path of the data folder; nothing is created."""
    named = environ.get("EVENHAND_DATA", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[3]
    # Installed as a package there is no checkout; the folder the command was started in is then the only clue.
    beside = checkout if (checkout / "pyproject.toml").exists() else Path.cwd()
    return beside / "var"


def make_data_folder(folder: Path) -> None:
    """Make the folder when it is missing: others may pass through it (the server's account must) but not list it."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
