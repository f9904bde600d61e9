"""Heads: sample people, build them as GLB files, and read packs of heads."""
