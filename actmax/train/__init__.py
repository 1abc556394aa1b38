"""How the networks in the package were made."""
