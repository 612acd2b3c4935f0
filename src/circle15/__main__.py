"""``python -m circle15``: the program where no folder of scripts is on the path, as often on Windows."""

from circle15.cli import main

if __name__ == "__main__":
    main()
