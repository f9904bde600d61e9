"""The skin's pictures: colour, roughness, normals, painted on the template."""
