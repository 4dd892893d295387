"""Say which counts are higher than chance allows."""
