"""Django's PostgreSQL backend, with a connection wiped before the next person gets it."""
