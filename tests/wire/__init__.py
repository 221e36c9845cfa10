"""Proof over recorded provider traffic: what vendors were sent and what they answered."""
