"""Object stores: datasets that lie under an address instead of in a folder."""
