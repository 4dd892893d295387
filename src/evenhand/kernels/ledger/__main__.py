"""`python -m evenhand.kernels.ledger verify FOLDER [--key KEY]`: check an export without Django or a database."""

from __future__ import annotations

import argparse
import sys

from evenhand.kernels.ledger.report import add_verify_arguments, report
from evenhand.kernels.ledger.signing import fast_verify


def main(argv: list[str] | None = None) -> int:
    """Check an export: 0 when it is verified, 1 when it is not, 2 when it could not be asked so."""
    parser = argparse.ArgumentParser(prog="python -m evenhand.kernels.ledger", description=__doc__)
    verify = parser.add_subparsers(required=True).add_parser("verify", help="check every byte of an export")
    add_verify_arguments(verify)
    return report(parser.parse_args(argv), fast_verify)


if __name__ == "__main__":
    sys.exit(main())
