"""How well a network reads poses: estimates over a labelled set, error measures, and the tables that show them."""
