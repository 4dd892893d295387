"""Say what a policy allows: load, check, decide, count working days, draw and explain."""
