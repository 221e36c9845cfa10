"""What we ship: wheels and sdists, and what installing them brings."""
