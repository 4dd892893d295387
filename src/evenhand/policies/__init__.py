"""What the rules are: one folder of data per jurisdiction."""
