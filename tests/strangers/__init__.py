"""Plugins that know only our published packages, good ones and bad ones, in a world of wheels."""
