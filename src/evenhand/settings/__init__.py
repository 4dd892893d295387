"""How an instance is set up, read from the environment."""
