"""Prove what was written: canonical lines, Merkle tree, checkpoints, verification."""
