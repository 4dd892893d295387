"""Evenhand: casework for a police, council and community partnership."""
