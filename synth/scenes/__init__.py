"""What can stand behind a head besides Blender's own surroundings: the user's pictures, and drawn rooms and streets.

Everything here is NumPy, OpenCV and Pillow; Blender isn't needed.
"""
