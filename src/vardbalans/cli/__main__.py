"""``python -m vardbalans.cli``."""

from vardbalans.cli import main

if __name__ == "__main__":
    main()
