"""Stands in for podman: notes what it is called with, and runs what would run in the container as it is."""

import json
import os
import sys
from pathlib import Path

arguments = sys.argv[1:]
noted = Path(os.environ["PODMAN_CALLS"])
earlier = noted.read_text() if noted.exists() else ""
with noted.open("a") as calls:
    print(json.dumps(arguments), file=calls)
if arguments[0] == "run":
    if f'"--name", "{arguments[arguments.index("--name") + 1]}"' in earlier:
        sys.exit("the container name is already in use")
    image = arguments.index("--entrypoint") + 2
    options, program = arguments[:image], arguments[image + 1 :]
    given = [options[place + 1] for place, option in enumerate(options) if option == "--volume"]
    names = [options[place + 1] for place, option in enumerate(options) if option == "--env"]
    for source, target in (each.split(":")[:2] for each in given):
        # The folder that has our package is not there under the name that it has in the container.
        ours = str(Path(source).parent) if target.endswith("/jupyter_pipes") else source
        place = target.removesuffix("/jupyter_pipes") if target.startswith("/jupyter_pipes/") else target
        program = [word.replace(place, ours) if target != source else word for word in program]
    environment = {name: os.environ[name] for name in (*names, "PATH") if name in os.environ}
    os.chdir(options[options.index("--workdir") + 1])
    os.execvpe(program[0], program, environment)
