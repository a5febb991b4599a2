"""Run the checker as a folder: python -I -S PATH/dmfverify/check CERTIFICATE."""

import importlib.util
import os
import sys


def _package():
    """The folder of this file as a package called `check`, without touching sys.path."""
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        "check", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    sys.modules["check"] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    return importlib.import_module("check.command")


if __name__ == "__main__":
    if __package__:
        from .command import main
    else:
        main = _package().main
    sys.exit(main(sys.argv[1:]))
