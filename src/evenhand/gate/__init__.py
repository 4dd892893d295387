"""The one way through: decide, write, append and queue in one transaction."""
