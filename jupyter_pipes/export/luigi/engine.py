"""What Luigi has a place for, and what it has not."""

from __future__ import annotations

import re

from jupyter_pipes.export.plain.options import Engine

_DECIDED_BEFORE = (
    "Luigi knows all tasks before the first one runs: write a loop over the elements into the cell"
)

LUIGI = Engine(
    name="Luigi",
    said=frozenset({"ignored_parameters", "retries", "retry_delay", "timeout", "cpus", "memory", "when"}),
    refused={
        "map": "Luigi knows all tasks before the first one runs: write the loop into the cell",
        "repeat_while": "Luigi runs a task once: write the loop into the cell",
        "gate": "Luigi asks nobody: let the task require a luigi.ExternalTask whose file somebody makes",
        "pipeline": "a Luigi task is code: export the other pipeline as well, and require its tasks by hand",
        "before": "Luigi's event handlers cannot skip a task or change its parameters: use --when",
        "after_done": "it is called with a step of jupyter_pipes: write a luigi.Event handler by hand",
        "on_status": "it is called with a step of jupyter_pipes: write a luigi.Event handler by hand",
        "retry_on": "Luigi tries again whatever the exception: catch it in the cell",
        "variables": "tasks share one environment: set the variable in the cell",
    },
    reports={"metric": "log_metric", "progress": "log_progress", "log": "log_text"},
    own={"logging": "import logging", "logger": ""},
    # `requires(self=…)` would be taken for its own.
    reserved={"self": ""},
)
"""Luigi, as far as exports ask."""

TAKEN_BY_TASKS = frozenset(
    re.findall(
        r"\w+",
        """
        accepts_messages batch_param_names batchable bulk_complete clone clone_parent clone_parents
        complete deps disable_hard_timeout disable_window disable_window_seconds disabled
        event_handler from_str_params get_param_names get_param_values get_params get_task_family
        get_task_namespace initialized input max_batch_size no_unpicklable_properties on_failure
        on_success output outputs owner_email param_args param_kwargs priority process_resources read
        remove_event_handler requires resources retry_count run set_progress_percentage
        set_status_message set_tracking_url task_family task_id task_module task_namespace
        to_str_params trigger_event unread use_cmdline_section worker_timeout write
        cls self bool float int str
        assistant help help_all local_scheduler lock_pid_dir lock_size log_level logging_conf_file module
        no_lock parallel_scheduling parallel_scheduling_processes scheduler_host scheduler_port
        scheduler_url take_lock workers
        """,
    )
)
"""Names that no parameter can have: a task's own, those of its methods' arguments, types that its class
names, and options of Luigi's command line."""

FAMILIES = frozenset(
    re.findall(
        r"\w+",
        """
        Config ExternalTask RangeBase RangeByMinutes RangeByMinutesBase RangeDaily RangeDailyBase RangeHourly
        RangeHourlyBase RangeMonthly Task TestNotificationsTask WrapperTask
        """,
    )
)
"""Tasks of Luigi itself: of two tasks of a name its command line finds neither."""
