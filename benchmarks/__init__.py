"""What dmfverify says about its speed, one claim a file; `publish.py` runs all of it and writes docs/benchmarks/."""
