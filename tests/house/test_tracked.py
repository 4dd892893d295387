"""Nothing is kept that should not be: no secret, no trace of a machine, no address that parts were fetched from."""

from __future__ import annotations

import re

from tests.house.checkout import files, named, text_of

SECRETS = (
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY",
    r"\bAKIA[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    r"\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.",
)
LARGEST_PICTURE = 1_000_000  # bytes
KEPT_ELSEWHERE = {".pem", ".key", ".p12", ".env", ".sqlite3", ".dump", ".eml"}
# Written in pieces, so that this file does not hold what it looks for.
MACHINE = tuple(re.escape(a + b) for a, b in (("/wo", "rk/main"), ("/wo", "rk/shared"), ("/wo", "rk/.lib"), ("/ro", "ot/"), ("/opt/", "pypi"), ("/opt/", "wheels"), ("/tmp/", "lead"), ("/tmp/", "brief")))  # fmt: skip
REGISTRIES = tuple(re.escape(a + b) for a, b in (("py", "pi.org"), ("python", "hosted.org"), ("registry.", "npmjs"), ("proxy.", "golang.org")))  # fmt: skip


def test_a_kept_file_tells_no_secret_and_nothing_of_a_machine():
    for path in files():
        text = text_of(path)
        for pattern in (*SECRETS, *MACHINE, *REGISTRIES) if text else ():
            assert not re.search(pattern, text or ""), f"{named(path)} holds {pattern}"


def test_no_file_is_of_a_kind_that_belongs_elsewhere():
    for path in files():
        assert path.suffix not in KEPT_ELSEWHERE, named(path)
        assert text_of(path) is not None or path.stat().st_size < LARGEST_PICTURE, (
            f"{named(path)} is too large"
        )


def test_no_data_of_an_instance_is_kept():
    for path in files():
        assert named(path).split("/")[0] not in {"var", "keys", "secrets", ".venv"}, named(path)
