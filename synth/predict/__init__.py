"""Head poses in anybody's pictures and films: find faces, ask a trained network, draw and list what it says."""
