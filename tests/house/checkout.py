"""What the tests of the house look at: the files of this checkout, and the strings in its Python."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "evenhand"
# What is never part of the source: made by tools, or the data of somebody's instance.
MADE = {".git", ".venv", "var", "build", "dist", "screenshots", "__pycache__"}


@cache
def files() -> tuple[Path, ...]:
    """Return every file that git keeps; where there is no git, every file that is not made by a tool."""
    asked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if asked.returncode == 0 and asked.stdout:
        found = [ROOT / name for name in asked.stdout.split("\0") if name]
    else:
        found = [
            path
            for path in ROOT.rglob("*")
            if not any(part in MADE or part.endswith("_cache") for part in path.relative_to(ROOT).parts)
        ]
    return tuple(sorted(path for path in found if path.is_file() and not path.is_symlink()))


def python_files() -> list[Path]:
    """Return every Python file of the source."""
    return [path for path in files() if path.suffix == ".py"]


def text_of(path: Path) -> str | None:
    """Return a file's text, or nothing when it is a picture or another file that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def strings_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings of a Python file with their lines; of an f-string what is written out, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spoken = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.lineno, node.value


def named(path: Path) -> str:
    """Return a path as people write it, below the root of the checkout."""
    return path.relative_to(ROOT).as_posix()
