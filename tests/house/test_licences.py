"""Every part that is installed may be used in a work under the AGPL, and says so."""

from __future__ import annotations

import re
from importlib.metadata import distribution

import pytest

from evenhand.cli.docs import licence_of
from tests.house.checkout import ROOT

# All of them may be combined with a work under AGPL-3.0-or-later.
FITS = {
    "MIT", "MIT-0", "MIT License", "ISC License (ISCL)", "0BSD", "BSD", "BSD License", "BSD-2-Clause", "BSD-3-Clause",
    "Apache-2.0", "Apache Software License", "Apache-2.0 WITH LLVM-exception", "PSF-2.0", "CNRI-Python",
    "Python Software Foundation License", "Zlib", "CC0-1.0", "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)",
    "LGPL-3.0-only", "GPL-3.0-or-later",
}  # fmt: skip
# Stated in a way that needs a reader: what was read, by hand, in the part's own licence file.
READ = {
    "qrcode": "BSD-3-Clause, with a part under MIT; its second classifier means that part",
}
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PARTS = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", LOCK, re.M)


@pytest.mark.parametrize(("name", "version"), PARTS)
def test_a_part_has_a_licence_that_fits(name: str, version: str):
    part = distribution(name)
    assert part.version == version, "what is installed is not what is locked: make setup"
    stated = licence_of(part)
    if name in READ:
        return
    for one in re.split(r",\s| AND ", stated):
        assert any(choice in FITS for choice in one.split(" OR ")), f"{name} states {stated!r}"


def test_the_projects_own_licence_is_beside_the_readme():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text
    assert "Version 3, 19 November 2007" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert distribution("evenhand").metadata["License"] == "AGPL-3.0-or-later"
