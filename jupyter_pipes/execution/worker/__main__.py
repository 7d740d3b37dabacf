"""`python -m jupyter_pipes.execution.worker`: the helper process, or one attempt in a fresh interpreter."""

from __future__ import annotations

import socket
import sys


def main(arguments: list[str]) -> None:
    """Serve on the inherited socket (`serve FD`), or run one job.

    The job, where it reports and its log come as file numbers (`attempt JOB EVENTS LOG`), or, in a container,
    as files (`contained FOLDER LOG`).
    """
    import os

    from jupyter_pipes.execution.worker.hosting.keeper import fork_helper

    if arguments[:1] == ["serve"]:
        # Before anything large is loaded: the keeper stays small.
        fork_helper(int(arguments[1]))

    from jupyter_pipes.execution.worker.hosting.child import run_child
    from jupyter_pipes.execution.worker.hosting.server import Server
    from jupyter_pipes.execution.worker.shell import make_shell

    status = 0
    match arguments:
        case ["serve", control]:
            Server(socket.socket(fileno=int(control))).serve()
        case ["attempt", job, events, log]:
            status = run_child(int(job), int(events), int(log), make_shell())
        case ["contained", folder, log]:
            # No open file comes into a container.
            job, events = os.open(f"{folder}/job", os.O_RDONLY), os.open(f"{folder}/events", os.O_WRONLY)
            status = run_child(job, events, os.open(log, os.O_WRONLY | os.O_APPEND), make_shell())
        case _:
            raise SystemExit("this program is started by jupyter_pipes")
    # A step's threads do not hold the attempt open, and no exit handler has anything to say here.
    os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
