"""Find the file that is named after the first word, and let it do the work."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NoReturn

from evenhand import cli
from evenhand.cli._refusal import CommandError, shown, trouble_outside

__all__ = ["CommandError", "main", "usage", "words"]

INTERRUPTED = 130
NOBODY_LISTENS = 141
"""What a shell says of a program that was ended by Ctrl-C, and of one whose pipe was closed."""


class Parser(argparse.ArgumentParser):
    """Says in one line what it did not understand; `--help` says the rest. An option cut short is not understood."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"allow_abbrev": False}))

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message}; `{self.prog} --help` says more")


def words() -> dict[str, str]:
    """Return every command word with the first line of its file."""
    found = {}
    for module in iter_modules(cli.__path__):
        if module.name == "main" or module.name.startswith("_"):
            continue
        doc = import_module(f"evenhand.cli.{module.name}").__doc__ or ""
        found[module.name.replace("_", "-")] = doc.strip().splitlines()[0]
    return found


def usage() -> str:
    """Print all words, one a line."""
    lines = ["evenhand WORD [...]: casework for a partnership. `evenhand WORD --help` says more.", ""]
    lines += [f"  {word:<12} {line}" for word, line in sorted(words().items())]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Run one command: 0 when it did what was asked, 1 when the answer is no, 2 when it could not be asked so."""
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(argv)
        # What was said may still be on its way, to a pipe that is closed or a disk that is full.
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _say_no_more()
        return NOBODY_LISTENS
    except Exception as error:
        said = str(error) if isinstance(error, CommandError) else trouble_outside(error)
        if said is None:
            raise
        print(shown(f"{' '.join(['evenhand', *argv[:1]])}: {said}"), file=sys.stderr)
        _say_no_more()
        return 2


def _run(argv: list[str]) -> int:
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(usage())
        return 0 if argv else 2
    word = argv[0].replace("-", "_")
    module = None
    if word.isidentifier() and word != "main" and not word.startswith("_"):
        try:
            module = import_module(f"evenhand.cli.{word}")
        except ModuleNotFoundError as missing:
            if missing.name != f"evenhand.cli.{word}":
                raise
    if module is None:
        print(f"evenhand: no such word as {argv[0]!r}; `evenhand` lists them", file=sys.stderr)
        return 2
    parser = Parser(prog=f"evenhand {argv[0]}", description=module.__doc__)
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(argv[1:])) or 0)


def _say_no_more() -> None:
    """Let what could not be said fall, so that the interpreter does not try again, and complain, at its end."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
