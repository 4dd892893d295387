"""Commands of Django that the records change."""
