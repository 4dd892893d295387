"""Run a witness: somebody outside who cosigns a log that only grows, and refuses one that forked or went back."""
