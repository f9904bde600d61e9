"""Hair and beards: where they grow, how they fall, what they look like."""
