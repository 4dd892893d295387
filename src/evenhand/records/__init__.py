"""What is remembered: one noun a file, behind the wall."""
