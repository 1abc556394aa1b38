"""How the networks in the package were made: distillation of a large classifier into a compact one."""
