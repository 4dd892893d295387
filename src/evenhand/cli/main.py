"""Find the file that is named after the first word, and let it do the work."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pkgutil import iter_modules

from evenhand import cli
from evenhand.cli._refusal import CommandError

__all__ = ["CommandError", "main", "usage", "words"]


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
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(usage())
        return 0 if argv else 2
    word = argv[0].replace("-", "_")
    if not word.isidentifier() or word == "main" or word.startswith("_"):
        print(f"evenhand: no such word as {argv[0]!r}; `evenhand` lists them", file=sys.stderr)
        return 2
    try:
        module = import_module(f"evenhand.cli.{word}")
    except ModuleNotFoundError as missing:
        if missing.name != f"evenhand.cli.{word}":
            raise
        print(f"evenhand: no such word as {argv[0]!r}; `evenhand` lists them", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog=f"evenhand {argv[0]}", description=module.__doc__)
    module.add_arguments(parser)
    arguments = parser.parse_args(argv[1:])
    try:
        return int(module.run(arguments) or 0)
    except CommandError as error:
        print(f"evenhand {argv[0]}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
