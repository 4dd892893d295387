"""What people do: verbs write through the gate, nouns read."""
