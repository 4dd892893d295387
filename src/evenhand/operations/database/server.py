"""Have a database at hand for as long as something needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from evenhand.operations.data_folder import data_folder
from evenhand.operations.database.addresses import is_local
from evenhand.operations.database.cluster import Cluster


@contextmanager
def server(environ: Mapping[str, str]) -> Iterator[Cluster | None]:
    """Run the local server while inside and leave it to others, or stop it, afterwards; yield None for a named one.

    raises   DatabaseTrouble in one line
    """
    if not is_local(environ):
        yield None
        return
    cluster = Cluster(data_folder(environ), environ=environ)
    cluster.ensure()
    try:
        yield cluster
    finally:
        cluster.release()
