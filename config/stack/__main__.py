"""`python -m config.stack <command>`: called by ./run once packages are in place; `process` by containers."""

import sys

from config.stack import benching, checking, managing, processes, serving, testing
from config.stack.terminal import Stop, say


def main(command: str = "serve", *arguments: str) -> int:
    try:
        match command:
            case "serve":
                return serving.serve()
            case "test":
                return testing.test(arguments)
            case "check":
                return checking.check()
            case "fix":
                return checking.fix()
            case "manage":
                return managing.manage(arguments)
            case "process":
                processes.become(*arguments)
            case "bench":
                return benching.bench(arguments)
    except Stop as reason:
        say(str(reason))
        return 1
    except KeyboardInterrupt:
        return 130
    raise AssertionError(command)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
