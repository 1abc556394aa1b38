"""What came out: what a published file does to a network, and what happens inside it."""
