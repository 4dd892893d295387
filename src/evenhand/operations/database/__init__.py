"""Keep PostgreSQL: find or start a server, give every role its way in and nothing more."""

from evenhand.operations.data_folder import data_folder
from evenhand.operations.database.address import Address
from evenhand.operations.database.addresses import Addresses, addresses, has_admin, is_local
from evenhand.operations.database.cluster import Cluster
from evenhand.operations.database.provisioning import provision
from evenhand.operations.database.server import server
from evenhand.operations.database.trouble import DatabaseTrouble

__all__ = [
    "Address",
    "Addresses",
    "Cluster",
    "DatabaseTrouble",
    "addresses",
    "data_folder",
    "has_admin",
    "is_local",
    "provision",
    "server",
]
