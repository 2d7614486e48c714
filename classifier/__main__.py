"""`python -m classifier` is `policytag`."""

from classifier.cli import main

main()
