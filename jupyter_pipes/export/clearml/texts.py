"""What is the same in all flows: what steps tell, how values are kept, the pipeline and the program."""

REPORTS = {
    "metric": '''def {name}(name: str, value: float, *, at: float | None = None) -> None:
    """Report a number, once or as a point of a series."""
    if at is None:
        {clearml}.Logger.current_logger().report_single_value(name, value)
    else:
        {clearml}.Logger.current_logger().report_scalar(name, name, value, iteration=int(at))''',
    "progress": '''def {name}(done: float, total: float = 0, text: str = "") -> None:
    """Say how far the step is."""
    if total:
        {clearml}.Task.current_task().set_progress(int(100 * done / total))
    if text:
        print(text)''',
    "artifact": '''def {name}(name: str, value: object) -> None:
    """Keep a value beside what the step returns."""
    {clearml}.Task.current_task().upload_artifact(name, value)''',
    "log": '''def {name}(text: object) -> None:
    """Write a line into the log."""
    {clearml}.Logger.current_logger().report_text(str(text))''',
}
"""Method of `current` -> a function that stands in for it."""

PICKLING = '''def {serialized}(value: object) -> bytes:
    """Return a value as bytes: ClearML's own formats lose types."""
    import {pickle}

    return {pickle}.dumps(value)


def {deserialized}(content: bytes) -> object:
    """Return the value of such bytes."""
    import pickle

    return pickle.loads(content)'''
"""How artifacts are kept."""

WAITING = '''def {wait_for}(*results: object) -> None:
    """Wait for components of which nothing is read: `parents` alone draws an edge."""
    for result in results:
        str(result)'''
"""How a component waits for another one."""

PIPELINE = """@{PipelineDecorator}.pipeline(
    name={name!r},
    project={name!r},
    version="1.0.0",
    default_queue="default",
    artifact_serialization_function={serialized},
    artifact_deserialization_function={deserialized},
)
def {function}({arguments}):
{docstring}
{calls}"""
"""The pipeline's function."""

MAIN = """if __name__ == "__main__":
    if "--debug" in {sys}.argv:
        {clearml}.Task.force_store_standalone_script()
        {PipelineDecorator}.debug_pipeline()
    elif "--local" in {sys}.argv:
        {PipelineDecorator}.run_locally()
    {function}()"""
"""The program.

To be debugged it is recorded as a file: the search for its repository starts git on one thread while another
forks, and ClearML waits for that for five minutes now and then.
"""
