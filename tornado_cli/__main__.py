"""`python -m tornado_cli`: the same as `tcli`."""

from tornado_cli.cli import main

if __name__ == "__main__":
    main()
