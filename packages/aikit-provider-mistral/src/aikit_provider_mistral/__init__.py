"""Mistral: La Plateforme, as an aikit provider."""
