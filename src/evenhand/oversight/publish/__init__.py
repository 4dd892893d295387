"""Publish: turn records into a release that carries its own proof, and keep what a reader was given."""
