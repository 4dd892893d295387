"""Whom we ring: services that are not ours, each with a null twin that says so."""
