"""Revisions of what is worked out from drawings: raise one with any change of its arithmetic, and stored answers are
worked out anew. Needs no torch."""

MEASURE = 1
LAYERS = 1
WALK = 1
MEAN_RESPONSE = 1
FLOW = 1
ABLATION = 2
OPINION = 2
FINE = 1
MEAN_COSINE_DISTANCE = 1
CHANNELS = 1
CONNECTIONS = 2
ATTRIBUTION = 1
MEAN_ACTIVATION = 1
SOUNDS = 1
FILTERS = 1
