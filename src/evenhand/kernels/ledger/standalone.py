"""Write modules as one file that stands alone: the checker that lies in every export."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_MODULES = ("ed25519", "note", "tree", "commitment", "verify", "report")
_HEAD = '''"""Check this exported record with Python alone: every line, signature, commitment and file.

    python3 verify.py [FOLDER] [--key KEY] [--checkpoint FILE]

Needs Python 3.9 or newer and nothing else. FOLDER is the one in which this file lies, unless named. KEY is the
log's public key, as a file or as text: get it from somebody other than whoever gave you the export. FILE is a
checkpoint that you got elsewhere, which the record must contain. Ends with 0 and "verified", or with 1 and what
is wrong. Whoever can alter the export can alter this file too: take a copy that you trust.
"""

from __future__ import annotations
'''
_TAIL = """

if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_verify_arguments(arguments, os.path.dirname(os.path.abspath(__file__)))
    sys.exit(report(arguments.parse_args()))
"""


@cache
def standalone_checker() -> bytes:
    """Return the source of the checker: the modules that check, one after another, without their imports of one another."""
    return one_file([Path(__file__).parent / f"{name}.py" for name in _MODULES], head=_HEAD, tail=_TAIL)


def one_file(modules: Iterable[Path], *, head: str, tail: str) -> bytes:
    """Return the source of these modules one after another, without their imports of one another.

    modules  each may import from the package only what stands in one before it; no two may share a name
    head     the docstring, and `from __future__` lines
    """
    imports: set[str] = set()
    parts = []
    for path in modules:
        source = path.read_text(encoding="utf-8")
        imported, body = _take_apart(source)
        imports |= imported
        parts.append(f"\n\n# --- {ast.get_docstring(ast.parse(source))}\n\n{body}")
    return "\n".join((head, *sorted(imports, key=_import_order), *parts, tail)).encode()


def _take_apart(source: str) -> tuple[set[str], str]:
    """Part a module into the imports of the standard library that it needs, and what it says."""
    imports, lines, start = set(), source.splitlines(), 0
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom):
            if not (node.module or "").startswith(("evenhand.", "__future__")):
                imports |= {f"from {node.module} import {alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            imports |= {f"import {alias.name}" for alias in node.names}
        elif not (start == 0 and isinstance(node, ast.Expr)):
            break
        start = node.end_lineno or start
    return imports, "\n".join(lines[start:]).strip()


def _import_order(line: str) -> tuple[bool, str]:
    """Put plain imports first."""
    return line.startswith("from"), line
