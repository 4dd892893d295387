"""The door for operators: one word, one file."""
