"""``python -m macrotrade`` and the command ``macrotrade``: run, and turn errors into messages and exit codes."""

from __future__ import annotations

import sys

from macrotrade.errors import MacrotradeError, SettingsError

__all__ = ["main"]

USAGE, REFUSED, INTERRUPTED = 2, 3, 130
_INTERRUPTED = "interrupted. Blocks and candidates that were finished are kept; the same command goes on."


def main() -> None:
    """Run the command line; exit 0 done, 2 usage, 3 refused (stale or bad data), 4 nothing to do."""
    from macrotrade.cli import app

    try:
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _told(_INTERRUPTED, INTERRUPTED)
        raise
    except SettingsError as error:
        sys.exit(_told(error, USAGE))
    except MacrotradeError as error:
        sys.exit(_told(error, REFUSED))
    except OSError as error:
        sys.exit(_told(f"{error.filename or 'a file'}: {error.strerror}. Give another path.", USAGE))


def _told(error: MacrotradeError | str, code: int) -> int:
    print(f"macrotrade: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
