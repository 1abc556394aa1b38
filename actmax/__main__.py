"""``python -m actmax``."""

from actmax.cli import main

main()
