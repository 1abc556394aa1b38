"""Who is asked: what is known of each network, its labels, its weights, and the frozen network itself."""
