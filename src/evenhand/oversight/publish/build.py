"""Build a release: count, protect, prove, write, verify what was written; or say why there is none."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.kernels.disclosure import verify as checker
from evenhand.kernels.disclosure.release import MANIFEST, manifest
from evenhand.oversight.publish.book import book
from evenhand.oversight.publish.compose import Edition, compose
from evenhand.oversight.publish.folder import write_folder
from evenhand.oversight.publish.frozen import Frozen, check_not_empty
from evenhand.oversight.publish.plan import Plan
from evenhand.oversight.publish.progress import Progress
from evenhand.oversight.publish.protect import Earlier, protect
from evenhand.oversight.publish.trouble import NoRelease
from evenhand.oversight.publish.writers.charts import chart, drawable
from evenhand.oversight.publish.writers.ods import write_ods
from evenhand.oversight.publish.writers.xlsx import write_xlsx


@dataclass(frozen=True)
class Built:
    """The files of a release, as they were verified, and what the checker said."""

    files: Mapping[str, bytes]
    proved: str
    cells: int
    withheld: int
    forced: int


def build(
    plan: Plan, frozen: Frozen, earlier: Sequence[Earlier], edition: Edition, *, progress: Progress
) -> Built:
    """Return the release; raises NoRelease, and then there is nothing that could go out by mistake."""
    check_not_empty(frozen, plan)
    progress.step("protect")
    safe = protect(plan, frozen, earlier, tell=progress.tell)
    progress.step("write")
    texts = compose(plan, frozen, safe, earlier, edition)
    files = {path: text.encode() for path, text in texts.items()}
    progress.tell("spreadsheets")
    made = book(texts)
    files["release.ods"], files["release.xlsx"] = write_ods(made), write_xlsx(made)
    progress.tell("charts")
    drawn: set[tuple[object, ...]] = set()
    for sheet in made.sheets:
        # Tables by the same thing show the same bars: the first has the chart.
        if drawable(sheet) and sheet.bars not in drawn:
            drawn.add(sheet.bars)
            svg, png = chart(sheet)
            files[f"charts/{sheet.name}.svg"], files[f"charts/{sheet.name}.png"] = svg.encode(), png
    files[MANIFEST] = manifest(files)
    progress.step("verify")
    proved = verified(files)
    size = int(safe.joined.keys.shape[0])
    return Built(files, proved, size, int(safe.done.withheld[:size].sum()), safe.forced)


def verified(files: Mapping[str, bytes]) -> str:
    """Write the files to a folder, let the stand-alone checker read them, and return its line."""
    with tempfile.TemporaryDirectory() as folder:
        write_folder(files, Path(folder))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            code = checker.main([folder])
    if code:
        raise NoRelease(f"the checker refuses the release: {said.getvalue().strip()}")
    return said.getvalue().strip()
