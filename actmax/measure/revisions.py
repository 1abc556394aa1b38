"""Revisions of what is worked out from drawings: raise one with any change of its arithmetic, and stored answers are
worked out anew. Needs no torch."""

MEASURE = 1
LAYERS = 1
STRONGEST = 1
SILENCED = 1
OPINION = 2
