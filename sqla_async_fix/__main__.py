"""`python -m sqla_async_fix` is the command. Everything else is in `sqla_async_fix.cli`."""

from sqla_async_fix.cli import main

if __name__ == "__main__":
    main()
