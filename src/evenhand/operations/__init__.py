"""How it is kept: database, accounts, seed, worker, doctor."""
