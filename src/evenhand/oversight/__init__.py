"""What we learn: counts that are computed for all and protected for all."""
