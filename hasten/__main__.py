"""``python -m hasten``."""

from hasten.cli.app import main

if __name__ == "__main__":
    main()
