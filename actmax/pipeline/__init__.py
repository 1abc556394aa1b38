"""Recipes -> stored drawings: the store is asked first; what it lacks is drawn, encoded, measured and kept."""
