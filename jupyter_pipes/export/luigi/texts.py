"""What is the same in all flows: the base of the tasks, the task of all, the program."""

REPORTS = {
    "metric": '''def {name}(name: str, value: float, *, at: float | None = None) -> None:
    """Say what was measured."""
    {logger}.info("%s = %s%s", name, value, "" if at is None else f" at {{at}}")''',
    "progress": '''def {name}(done: float, total: float = 0, text: str = "") -> None:
    """Say how far the step is."""
    {logger}.info("%s of %s %s", done, total or "?", text)''',
    "log": '''def {name}(text: object) -> None:
    """Write a line into the log."""
    {logger}.info("%s", text)''',
}
"""Method of `current` -> a function that stands in for it."""

LOGGER = '{logger} = {logging}.getLogger("luigi-interface")'
"""Where Luigi has tasks log."""

_BASE = '''class Step({luigi}.Task):
    """A task that keeps each output in a file of its own, in a folder that its parameters name.

    Luigi looks whether the files are there, not at code: delete a task's folder when its code has changed.
    """

    outputs: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()  # outputs that no other task reads
{once}
    def output(self) -> dict[str, {luigi}.LocalTarget]:
        folder = f"outputs/{{self.task_id}}"
        return {{name: {luigi}.LocalTarget(f"{{folder}}/{{name}}.pkl", format=Nop) for name in self.outputs}}

    def read(self, step: str, name: str) -> Any:
        """Load an output of a task that this one requires."""
        with self.input()[step][name].open("r") as file:
            return pickle.load(file)

    def write(self, *values: Any) -> None:
        """Keep the outputs; each file is there as a whole or not at all."""
        for name, value in zip(self.outputs, values, strict=True):
            try:
                content = {pickled}(value)
            except ({errors}):
                if name not in self.unread:
                    raise
                logger.warning("%s of %s cannot be pickled: its text is kept", name, self.task_id)
                content = pickle.dumps(repr(value))
            with self.output()[name].open("w") as file:
                file.write(content)'''
"""The class that all tasks have for a base."""

_PICKLED = '''def pickled(value: Any) -> bytes:
    """Pickle a value, by cloudpickle if it is or has what a step defines inside of itself."""
    try:
        return pickle.dumps(value)
    except (AttributeError, TypeError, pickle.PicklingError):
        import cloudpickle

        return cloudpickle.dumps(value)'''
"""The function that pickles where steps define functions or classes inside of themselves."""


def base(luigi: str, *, retries: bool, defines: bool) -> str:
    """Return the class that all tasks have for a base, with what it needs.

    Args:
        luigi: what the module `luigi` is called.
        retries: whether workers are told to try again, which is not for all tasks.
        defines: whether steps define functions or classes inside of themselves.
    """
    errors = ["AttributeError", *(["ImportError"] if defines else []), "TypeError", "pickle.PicklingError"]
    text = _BASE.format(
        luigi=luigi,
        once="    retry_count = 1\n" if retries else "",
        pickled="pickled" if defines else "pickle.dumps",
        errors=", ".join(errors),
    )
    return f"{_PICKLED}\n\n{text}" if defines else text


WRAPPER = '''@requires({required})
class {name}({luigi}.WrapperTask):
    """All of {pipeline}."""'''
"""The task that requires all others."""

MAIN = """if __name__ == "__main__":
    sys.exit(not {luigi}.run(main_task_cls={name}, local_scheduler=True))"""
"""The program."""
