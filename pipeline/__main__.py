"""The `wend` command line.

Exit codes: 0 done, 1 failed, 2 usage, 3 finished with failed checks.
"""

import os
import sys

from cyclopts import App, CycloptsError, Group

from pipeline.commands import customers, invented, nights, privacy, questions, setup
from pipeline.commands.options import FAILED, USAGE
from pipeline.errors import WendError, sentence

app = App(
    name="wend",
    help="Raw chat, email, web and CRM logs in; customers, journeys, drop-offs and risk out.",
    help_format="markdown",
    version_flags=["--version"],
    group_commands=Group("About Wend", sort_key=7),
)
COMMANDS = {
    Group("Set up", sort_key=1): (setup.init, setup.sniff, setup.formats, setup.check),
    Group("Every night", sort_key=2): (nights.run, nights.status, nights.schedule),
    Group("Ask", sort_key=3): (
        questions.query,
        questions.funnel,
        questions.paths,
        questions.what_if,
        questions.export,
    ),
    Group("Who is who", sort_key=4): (
        customers.explain,
        customers.identity,
        customers.match,
        customers.suggest_blocks,
    ),
    Group("Privacy", sort_key=5): (privacy.erase, privacy.suppress),
    Group("Try it", sort_key=6): (invented.demo, invented.simulate),
}
for group, commands in COMMANDS.items():
    for place, command in enumerate(commands):
        app.command(command, group=group, sort_key=place)


def main() -> None:
    """Run the command line; what is refused, by Wend or the machine, is a sentence and code 1."""
    try:
        code = app(
            sys.argv[1:], result_action="return_value", exit_on_error=False, print_error=True
        )
    except CycloptsError:
        sys.exit(USAGE)
    except WendError as error:
        sys.stderr.write(f"wend: {error}\n")
        sys.exit(FAILED)
    except BrokenPipeError:
        # Who read has heard enough, as `| head` has; what is still to be said goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except OSError as error:
        sys.stderr.write(f"wend: {sentence(error)}\n")
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.stderr.write("wend: stopped; the published snapshot is untouched\n")
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
