"""Small pipelines that other engines are given: what notebooks do, and tasks and nodes seldom see."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Study(Struct, frozen=True):
    """A notebook, with the parameters that it is run with.

    Attributes:
        what: what is special about it, for people.
        cells: its code cells.
        params: what is given, where it is not the defaults.
        files: name -> text, of what lies beside the notebook.
        published: the files that are written beside the values.
    """

    what: str
    cells: tuple[str, ...]
    params: dict[str, Any] = {}
    files: dict[str, str] = {}
    published: tuple[str, ...] = ()


STUDIES: dict[str, Study] = {
    "rebinding": Study(
        "a name that one step after another binds anew",
        (
            "%%step first\nx = 1",
            "%%step second\nx = x + 1\nseen = [x]",
            "%%step third\nx *= 3\ny = (x, seen)",
        ),
    ),
    "in_place": Study(
        "a value that later steps change in place, and one that reads it before",
        (
            "%%step make\nxs = [3, 1]\ntable = {'n': 0}",
            "%%step look\nsize = len(xs)",
            "%%step grow\nxs.append(2)\ntable['n'] += 1",
            "%%step order\nxs.sort()\nresult = (xs, table, size)",
        ),
    ),
    "conditions": Study(
        "steps that run only if a parameter has a certain value",
        (
            '%%params\nkind: Literal["deep", "flat"] = "deep"  # of model\nlayers: int = 3',
            "%%step load\nx = [1, 2]",
            "%%step deep --when \"kind == 'deep' and layers > 1\"\nscore = sum(x) * layers",
            "%%step flat --when \"kind == 'flat'\"\nbase = sum(x)",
            "%%step tell\nwords = f'{score} with {layers}'",
            "%%step close --after flat\nend = len(x)",
        ),
        {"layers": 4},
    ),
    "helpers": Study(
        "functions of other cells that read parameters and each other",
        (
            "%%params\nrate: float = 0.5  # of growth\nrows: int = 3",
            "import math\n\nUNIT = 2.0\n\n\ndef grown(value):\n    return value * (1 + rate)\n\n\n"
            "def total(values):\n    return math.fsum(grown(each) for each in values) * UNIT",
            "%%step load\nvalues = [float(each) for each in range(rows)]",
            "%%step add\nresult = total(values)",
            "%%step again\ntwice = [grown(result), total([1.0])]",
        ),
        {"rows": 5},
    ),
    "classes": Study(
        "classes defined in cells, whose instances go from step to step",
        (
            "from dataclasses import dataclass, field\nfrom enum import Enum",
            "class Kind(Enum):\n    BIG = 1\n    SMALL = 2",
            "@dataclass\nclass Point:\n    '''A place.'''\n\n    x: int\n    kind: Kind = Kind.SMALL\n"
            "    tags: list[str] = field(default_factory=list)\n\n    def moved(self):\n"
            "        return Point(self.x + 1, Kind.BIG, [*self.tags, 'moved'])",
            "%%step make\npoints = [Point(n) for n in range(3)]",
            "%%step move\nmoved = {point.x: point.moved() for point in points}\nfirst = moved[0].kind",
            "%%step check\nfine = isinstance(moved[1], Point) and first is Kind.BIG",
        ),
    ),
    "setup": Study(
        "`%%setup`, seeds and random numbers",
        (
            "%%setup\nimport os\n\nimport numpy as np\n\nnp.random.seed(11)\nos.environ['STUDY'] = 'on'",
            "import numpy as np",
            "%%step draw\ndrawn = np.random.rand(3)\nlevel = os.environ['STUDY']",
            "%%step own\ngenerator = np.random.default_rng(5)\nnoise = generator.normal(size=2)",
            "%%step join\njoined = np.concatenate([drawn, noise])",
        ),
    ),
    "kinds": Study(
        "parameters of every type, with choices and bounds, some of them given",
        (
            "%%params\nn: Annotated[int, Range(1, 9)] = 2  # how many\nshare: float = 1  # of all\n"
            'size: Literal["s", "m"] = "s"\nyear: Literal[2024, 2025] = 2024\nfast: bool = False\n'
            'names: list[str] = ["a"]\nlimits: dict[str, int] = {"low": 1}\nday: date = date(2024, 2, 29)\n'
            "place: Path = Path('data')\nlast: int | None = None\nplain = 'text'",
            "%%step collect\nall_of = [n, share, size, year, fast, names, limits, day, place, last, plain]",
            "%%step look\nof = [type(each).__name__ for each in all_of]\nmine = [*names, 'b']",
        ),
        {"n": 9, "size": "m", "fast": True, "names": ["x", "y"], "last": 3},
    ),
    "outputs": Study(
        "several outputs of many types, some of which pickle alone cannot keep",
        (
            "import datetime\n\nimport numpy as np\nimport pandas as pd",
            "%%step make\nframe = pd.DataFrame({'c': pd.Categorical(['a', 'b']),\n"
            "    'n': pd.array([1, None], 'Int64'),\n"
            "    'when': pd.to_datetime(['2024-01-01', '2024-01-02'], utc=True)},\n"
            "    index=['x', 'y'])\n"
            "array = np.arange(6, dtype='float32').reshape(2, 3)\nnothing = None\n"
            "mixed = {'s': {1, 2}, 't': (1, 2.5), 'd': datetime.date(2024, 1, 1), 'z': 1 + 2j}",
            "%%step use\nmeans = frame['n'].mean()\nkinds = [str(each) for each in frame.dtypes]\n"
            "scale = 2\ntimes = lambda value: value * scale\nrow = array[1]",
            "%%step apply\nresult = (times(21), float(row.sum()), nothing, mixed)",
        ),
    ),
    "defaults": Study(
        "defaults without types, a parameter that many read, one that one step ignores",
        (
            "%%params\nstart = 10\nlevel = 'info'  # what is logged\nscale = 0.5",
            "%%step one --ignore-param level\na = start * scale\nprint(level)",
            "%%step two\nb = start + 1",
            "%%step three --stage last --tags x\nstart = start + 5\nc = (a, b, level)",
            "%%step four\nd = (start, c)",
        ),
        {"start": 12},
    ),
    "names": Study(
        "names that the engines and the exports have for something else",
        (
            "%%params\nluigi: int = 2\noperator: Annotated[int, Range(1, 9)] = 5\nkwargs = 6\nsteps = 3\n"
            "Parameters = 4\nclearml = 7\ndatetime = 8",
            "import sys\nfrom collections import Counter as inspect\nfrom dataclasses import dataclass",
            "from jupyter_pipes import current\n\nlogging = 'text'\nlogger = {logging: 1}\n\n\n"
            "@dataclass\nclass Task:\n    value: int\n\n\nclass PipelineDecorator:\n    pipeline = 1\n\n\n"
            "def Logger(x):\n    return Task(x + luigi)\n\n\ndef params(x):\n    return Logger(x).value\n\n\n"
            "def log_metric(x):\n    current.metric('x', x)\n    current.log(x)\n"
            "    return len(sys.path) > 0",
            "%%step node\ntask = [Task(operator), params(kwargs), log_metric(steps)]\ncopy = [datetime]",
            "%%step catalog\ncopy.append(PipelineDecorator.pipeline + logger['text'] + Parameters)\n"
            "serialized = inspect('aab')\nwait_for = clearml",
            "%%step main\nargspec = (copy, wait_for, serialized, logging)",
            "%%step close\nresult = isinstance(task[0], Task) and params(1)",
        ),
        {"operator": 9},
    ),
    "catalogued": Study(
        "inputs and outputs that the catalog names, with parameters in their paths",
        (
            "%%params\nregion: str = 'north'",
            "def count():\n    return len(companies)",
            "%%step clean\nclean = companies.merge(rates, on='id')\n"
            "clean['kind'] = clean['kind'].astype('category')\nfile = count()",
            "%%step total\ntotal = {'sum': float(clean['rate'].sum()), 'ä': [1]}\n"
            "table = clean.set_index('id')\nwords = f'{region} {file}'\nkept = (1, table)\ntotal['sum']",
            "%%step last\nresult = (str(clean['kind'].dtype), kept, words)\nplain = clean[['rate']]",
        ),
        {},
        {
            "pipes.toml": '[catalog]\ncompanies = { format = "csv", path = "in/companies.csv", '
            'load = { sep = ";" } }\nrates = { format = "csv", path = "in/{params.region}.csv" }\n'
            'clean = { format = "parquet", path = "out/clean.parquet" }\n'
            'total = { format = "json", path = "out/total.json" }\n'
            'table = { format = "csv", path = "out/{params.region}/{step}.csv", save = { sep = ";" } }\n'
            'words = { format = "text", path = "out/words.txt" }\n'
            'kept = { format = "pickle", path = "out/kept.pkl" }\n'
            'plain = { format = "csv", path = "out/plain.csv" }\n',
            "in/companies.csv": "id;kind\n1;a\n2;b\n",
            "in/north.csv": "id,rate\n1,0.5\n2,1.5\n",
        },
        (*("out/clean.parquet", "out/total.json", "out/north/total.csv", "out/words.txt", "out/plain.csv"),),
    ),
    "maps": Study(
        "a step that runs once for each element",
        ("%%step split\nparts = [1, 2, 3]", "%%step square --map 'part in parts'\nsquared = part**2"),
    ),
}
"""Name -> study. Further ones need a row in the table of docs/export.md, which a test makes anew."""
