"""What is asked: a recipe's fields and identity, the named methods, the grammar of targets. Needs no torch."""
