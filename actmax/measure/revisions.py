"""Revisions of what is worked out from drawings: raise one with any change of its arithmetic, and stored answers are
worked out anew. Needs no torch."""

MEASURE = 1
LAYERS = 1
WALK = 1
ANSWERING = 1
PASSED_ON = 1
SILENCED = 2
OPINION = 2
FINE = 1
APART = 1
CHANNELS = 1
CONNECTIONS = 2
MATTERS = 1
EXCITED = 1
SOUNDS = 1
FILTERS = 1
