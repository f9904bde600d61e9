"""Eyeballs, lashes and lids."""
