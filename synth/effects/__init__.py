"""Effects on finished pictures: pure NumPy and OpenCV, no Blender."""
