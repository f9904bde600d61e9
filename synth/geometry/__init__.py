"""Poses, cameras, depth kinds and boxes: plain value types and pure functions over NumPy arrays."""
