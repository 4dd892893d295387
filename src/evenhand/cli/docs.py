"""Write the pages of docs/ that follow from the code, or say which of them are stale."""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

from evenhand.cli.main import CommandError
from evenhand.kernels.policy import BUILT_IN, draw_svg, find_packs, journey_page, load_pack

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path("src/evenhand")
JOURNEYS = Path("docs/reference/journeys")
BEGIN = "<!-- made by `evenhand docs`: what stands from here -->"
END = "<!-- to here is overwritten -->"
FLOORS = (
    "policies", "kernels", "records", "outside", "gate", "casework", "oversight", "operations", "web", "api", "cli",
    "settings",
)  # fmt: skip
SHORT = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; answer 1 and name what is stale")


def run(arguments: argparse.Namespace) -> int:
    """Bring the generated pages up to date, or compare them with what they should be."""
    if not (ROOT / "docs").is_dir():
        raise CommandError("there is no docs/ here: run it in a checkout of the source")
    made = pages(ROOT)
    late = stale(ROOT, made)
    if arguments.check:
        for path in late:
            print(f"stale: {path}")
        print("run `evenhand docs`" if late else "all generated pages are fresh")
        return 1 if late else 0
    for path in late:
        if path in made:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(made[path], encoding="utf-8")
        else:
            (ROOT / path).unlink()
        print(path)
    return 0


def stale(root: Path, made: Mapping[Path, str] | None = None) -> list[Path]:
    """Return the generated pages that are missing, are not what the code makes now, or belong to no journey any more."""
    made = pages(root) if made is None else made
    late = [path for path, text in made.items() if _read(root / path) != text]
    drawn = [path.relative_to(root) for path in (root / JOURNEYS).glob("*.*")]
    return sorted(late + [path for path in drawn if path not in made])


def pages(root: Path) -> dict[Path, str]:
    """Return every generated page with its text, by its path below the root of the checkout."""
    made: dict[Path, str] = dict(_journeys())
    made[Path("docs/reference/openapi.json")] = _openapi()
    for path, lines in (
        (Path("docs/map.md"), _rooms(root)),
        (Path("docs/reference/dependencies.md"), _parts(root)),
    ):
        made[path] = _between(_read(root / path), "\n".join(lines))
    return made


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _between(page: str, made: str) -> str:
    """Put what is made between the two marks; what a person wrote around them stays."""
    before = page.partition(BEGIN)[0]
    after = page.partition(END)[2] or "\n"
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def _journeys() -> Iterator[tuple[Path, str]]:
    for folder in find_packs([BUILT_IN]).values():
        pack = load_pack(folder)
        for code, journey in pack.journeys.items():
            name = f"{pack.code}.{code}"
            yield JOURNEYS / f"{name}.svg", draw_svg(journey)
            yield JOURNEYS / f"{name}.md", journey_page(pack, journey, picture=f"{name}.svg")


def _openapi() -> str:
    """Return what the machine door says of itself; asked through its own address, so that no door imports another."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings.check")
    import django
    from django.http import HttpRequest
    from django.urls import resolve

    django.setup()
    found = resolve("/api/v1/openapi.json")
    answer = found.func(HttpRequest(), **found.kwargs)
    return json.dumps(json.loads(answer.content), indent=1, ensure_ascii=False) + "\n"


def first_sentence(path: Path) -> str:
    """Return the line with which a Python or SQL file says what it is for; empty when it does not say."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        line = text.partition("\n")[0]
        return line.removeprefix("--").strip() if line.startswith("--") else ""
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def rooms(root: Path) -> dict[Path, list[Path]]:
    """Return every folder of the package with its own Python and SQL files, from the ground floor up."""
    found: dict[Path, list[Path]] = {}
    for path in sorted((root / PACKAGE).rglob("*")):
        if path.suffix in {".py", ".sql"} and "__pycache__" not in path.parts:
            found.setdefault(path.parent.relative_to(root / PACKAGE), []).append(path)
    floor = {name: number for number, name in enumerate(FLOORS)}
    return dict(sorted(found.items(), key=lambda f: (floor.get(str(f[0]).split("/")[0], -1), f[0].parts)))


def _rooms(root: Path) -> Iterator[str]:
    for room, files in rooms(root).items():
        if room == Path():
            continue
        opening = [path for path in files if path.name == "__init__.py"]
        yield f"\n### `{room}/`\n"
        yield from (f"{first_sentence(path)}\n" for path in opening)
        others = [path for path in files if path.name != "__init__.py"]
        if others:
            yield "| file | what it is for |\n|---|---|"
        for path in others:
            link = Path("..") / path.relative_to(root)
            yield f"| [{path.name}]({link}) | {first_sentence(path).replace('|', '/')} |"
        if room == Path("policies"):
            yield "| pack | what it holds |\n|---|---|"
            for code, folder in find_packs([root / PACKAGE / room]).items():
                yield f"| [{code}](../{PACKAGE / room / code}) | {load_pack(folder).title} |"


def licence_of(part: Distribution) -> str:
    """Return the licence that an installed part states: its expression, else its classifiers, else its short text."""
    stated: Mapping[str, str] = part.metadata  # type: ignore[assignment]  # a message reads like a mapping
    classified = [line for line in part.metadata.get_all("Classifier") or [] if line.startswith("License ::")]
    short = (stated.get("License") or "").strip()
    if stated.get("License-Expression"):
        return stated["License-Expression"]
    if classified:
        return ", ".join(line.rpartition(" :: ")[2] for line in classified)
    if short and len(short) <= SHORT and "\n" not in short:
        return short
    texts = [file for file in part.files or [] if re.search(r"dist-info.*/LICEN[CS]E[^/]*$", str(file))]
    for text in texts:
        title = text.read_text(encoding="utf-8").strip().partition("\n")[0].strip()
        if title and len(title) <= SHORT:
            return title
    return "not stated"


def direct(root: Path, name: str) -> list[str]:
    """Return the parts that a file of requirements names."""
    lines = (root / "requirements" / name).read_text(encoding="utf-8").splitlines()
    found = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line) for line in lines)
    return [match.group() for match in found if match]


def _parts(root: Path) -> Iterator[str]:
    used = _users(root)
    names: dict[str, set[str]] = {}
    for top, owners in packages_distributions().items():
        for owner in owners:
            names.setdefault(_plain(owner), set()).add(top)
    for title, file in (("To run", "run.in"), ("To check", "check.in")):
        where = " used in |" if file == "run.in" else ""
        yield f"\n### {title}\n\n| part | version | licence |{where}\n|---|---|---|{'---|' if where else ''}"
        for name in direct(root, file):
            part = distribution(name)
            line = f"| {name} | {part.version} | {licence_of(part)} |"
            if where:
                found = sorted({room for top in names.get(_plain(name), set()) for room in used.get(top, ())})
                line += f" {', '.join(found) or '–'} |"
            yield line


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _users(root: Path) -> dict[str, set[str]]:
    """Return which floors name each outside package: by import, by a string in the settings, or by find_spec."""
    used: dict[str, set[str]] = {}
    for path in (root / PACKAGE).rglob("*.py"):
        parts = path.relative_to(root / PACKAGE).parts
        room = "/".join(parts[: 2 if parts[0] == "kernels" and len(parts) > 2 else 1])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for module in _named(node, strings=parts[0] == "settings"):
                used.setdefault(module.split(".")[0], set()).add(room)
    return used


def _named(node: ast.AST, *, strings: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "find_spec":
        yield from (str(one.value) for one in node.args if isinstance(one, ast.Constant))
    elif strings and isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
