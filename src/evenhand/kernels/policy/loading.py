"""Load a pack, or refuse it with everything that is wrong with it; find the packs of a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from evenhand.kernels.policy.checking import check_references
from evenhand.kernels.policy.checking_documents import check_documents
from evenhand.kernels.policy.pack import BrokenPack, Pack, Problem
from evenhand.kernels.policy.reading import read_pack

BUILT_IN = Path(__file__).resolve().parents[2] / "policies"
"""The packs that come with Evenhand."""


def check_pack(folder: Path) -> tuple[Problem, ...]:
    """Return everything that is wrong with the pack in a folder, in the order of its files."""
    return _read(folder)[1]


def load_pack(folder: Path) -> Pack:
    """Return the pack in a folder.

    raises  BrokenPack, with all problems, when anything is wrong with it
    """
    pack, problems = _read(folder)
    if problems or pack is None:
        raise BrokenPack(problems)
    return pack


def find_packs(folders: Sequence[Path]) -> Mapping[str, Path]:
    """Return pack code → folder for every pack under these folders.

    raises  BrokenPack, when two folders hold a pack of the same code
    """
    found: dict[str, Path] = {}
    problems = []
    for folder in folders:
        for pack in sorted(p.parent for p in folder.glob("*/pack.toml")):
            if pack.name in found and found[pack.name] != pack:
                sentence = f"there is another pack of this code in {found[pack.name].parent}: rename one"
                problems.append(Problem(str(pack / "pack.toml"), pack.name, sentence))
            found.setdefault(pack.name, pack)
    if problems:
        raise BrokenPack(tuple(problems))
    return found


def _read(folder: Path) -> tuple[Pack | None, tuple[Problem, ...]]:
    draft = read_pack(folder)
    if draft.pack is not None:
        check_references(draft.pack, draft.faults)
        check_documents(draft.pack, draft.faults)
    return draft.pack, tuple(sorted(draft.faults.found, key=lambda p: (p.file, p.where)))
