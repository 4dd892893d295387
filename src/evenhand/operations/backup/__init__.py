"""Take a backup that only the passphrase opens, and bring one back whole or not at all."""
