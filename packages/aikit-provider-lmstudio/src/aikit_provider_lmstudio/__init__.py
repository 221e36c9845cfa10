"""LM Studio, models on your desktop, as an aikit provider."""
