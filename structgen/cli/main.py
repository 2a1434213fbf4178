"""Running the command line, and what becomes of errors."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any, NoReturn

import typer
from typer.exceptions import TyperException

import structgen as sg
from structgen.cli import inspecting, measuring, texts  # noqa: F401 they register their commands
from structgen.cli.app import app

__all__ = ["main"]


def main() -> None:
    """Run the command line: an error is one sentence on standard error and exit code 2."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", category=UserWarning, module=r"structgen\.")
        warnings.showwarning = _show_warning
        try:
            code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read the output has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except (KeyboardInterrupt, typer.Abort):
            code = 130
        except TyperException as error:
            _fail(error.format_message() if hasattr(error, "format_message") else str(error))
        except OSError as error:
            named = f"{error.filename}: " if error.filename else ""
            _fail(f"{named}{error.strerror or error}")
        except sg.GrammarError as error:
            if error.span is not None and "\n" in str(error):
                _fail_at(error)
            _fail(str(error))
        except (sg.StructgenError, ValueError, ImportError) as error:
            _fail(str(error))
    sys.exit(code)


def _fail(sentence: str) -> NoReturn:
    print("structgen:", " ".join(sentence.split()), file=sys.stderr)
    sys.exit(2)


def _fail_at(error: sg.GrammarError) -> NoReturn:
    """An error in a grammar's text: its sentence, then the line and the marks below it."""
    print("structgen:", error, file=sys.stderr)
    sys.exit(2)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print("structgen: warning:", " ".join(str(message).split()), file=sys.stderr)
