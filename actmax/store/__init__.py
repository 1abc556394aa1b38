"""Where it is kept: drawings on disk under their recipe's digest. Needs no torch."""
