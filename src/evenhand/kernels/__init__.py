"""What follows: pure functions, with no Django, clock, network or database."""
