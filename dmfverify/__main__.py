"""``python -m dmfverify`` is the command ``dmfverify``."""

from .cli import main

main()
