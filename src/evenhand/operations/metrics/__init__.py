"""Tell a monitoring system how the house is doing, and nothing about what people do in it."""
