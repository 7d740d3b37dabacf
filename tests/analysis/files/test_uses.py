"""Which files calls name, and which of them they may write: by what they are called, and by their mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.analysis.files.uses import FileUses, file_uses
from jupyter_pipes.model.steps import CodePiece, Step

WRITTEN = """
df.to_csv("out/a.csv", index=False)
open("a.txt", "w")
open("a.txt", mode="a")
p = Path("a"); (p / "b.json").write_text("x")
Path("a").joinpath("b.json").open("w")
np.savez("a.npz", x=x)
joblib.dump(model, filename="m.joblib")
sqlite3.connect("a.db")
create_engine("sqlite:///a.db")
plt.savefig(f"{FOLDER}/p.png")
pd.ExcelWriter("a.xlsx")
h5py.File("a.h5", "w")
shelve.open("a.shelf")
shelve.open("a.shelf", "c")
dbm.open("a.dbm", "n")
dbm.gnu.open("a.dbm", flag="c")
pd.HDFStore("a.h5")
np.memmap("a.dat", shape=(3,))
df.to_csv(DATA)
df.to_csv(os.path.join(FOLDER, "a.csv"))
""".strip().splitlines()
READ = """
pd.read_csv("out/a.csv")
open("a.txt")
open("a.txt", "rb")
pd.read_parquet(DATA)
shelve.open("a.shelf", flag="r")
dbm.open("a.dbm")
pd.HDFStore("a.h5", "r")
np.memmap("a.dat", mode="c")
""".strip().splitlines()
NO_FILES = """
text.replace("a.", "b")
df.to_csv(buffer)
df.rename(columns={"a.b": "c"})
requests.get("https://example.org/a.csv")
print("done.")
""".strip().splitlines()
CONSTANTS = CodePiece("cell 1", 1, 'FOLDER = "plots"\nDATA = Path("data") / "x.parquet"')


def uses(body: str) -> FileUses:
    return file_uses([Step("s", 0, body, "cell 2", prelude=(CONSTANTS,))])["s"]


@pytest.mark.parametrize("body", WRITTEN)
def test_what_may_write_writes_what_it_names(body: str) -> None:
    assert len(uses(body).written) == 1
    assert uses(body).written[0] in uses(body).named


@pytest.mark.parametrize("body", READ)
def test_what_reads_names_only(body: str) -> None:
    assert len(uses(body).named) == 1
    assert uses(body).written == ()


@pytest.mark.parametrize("body", NO_FILES)
def test_other_texts_are_no_files(body: str) -> None:
    assert uses(body) == FileUses()


def test_a_path_that_a_step_hands_on_counts_in_the_steps_that_read_it() -> None:
    first = Step("a", 0, 'path = Path("x.json")', "cell 1", writes=("path",))
    second = Step("b", 1, 'path.write_text("1")', "cell 2", reads={"path": "a"})
    other = Step("c", 2, 'path.write_text("1")', "cell 3", reads={"path": "z"})
    assert file_uses([first, second, other])["b"].written == ("x.json",)
    assert file_uses([first, second, other])["c"].written == ()


@pytest.mark.parametrize(
    "body",
    [
        'os.listdir("plots")',
        "os.listdir(FOLDER)",
        'list(Path("plots").glob("*.png"))',
        'glob.glob("plots/*.png")',
        'glob.glob("plots/2026-*/a.png", recursive=True)',
        'list(os.walk("plots/"))',
    ],
)
def test_who_lists_a_folder_uses_what_is_in_it(body: str) -> None:
    assert uses(body).lists("plots/a.png")
    assert uses(body).lists("plots/2026/a.png")
    assert not uses(body).lists("plots.png")


def test_who_makes_a_folder_lists_nothing() -> None:
    assert uses('os.makedirs("plots")').listed == ()
    assert uses('os.makedirs("plots/a")\nPath("b/").mkdir()').made == ("plots/a", "b")


def test_the_notebooks_own_folder_holds_what_lies_below_it() -> None:
    listing = uses('list(Path(".").glob("*.txt"))')
    assert listing.lists("a.txt")
    assert not listing.lists("/tmp/a.txt")
    assert not listing.lists("../a.txt")


HELPERS = """
DB = "shop.db"
FILES = {"log": "run.log"}

def connected(path=DB):
    return sqlite3.connect(path)

def run(sql):
    with connected() as con:
        return con.execute(sql).fetchall()

def keep(df, path="table.csv", *, folder="out"):
    df.to_csv(f"{folder}/{path}")

def log(text, mode="a"):
    with open(FILES["log"], mode) as file:
        print(text, file=file)

def twice(df, name):
    keep(df, name)
    if name:
        twice(df, name)

def logged(function):
    def inner(*args):
        log("called")
        return function(*args)
    return inner

@logged
def fit(x):
    return x

put = lambda df, path: df.to_parquet(path)

class Store:
    FOLDER = "stored"
    def __init__(self, path="items.db"):
        self.path = path
    def add(self, item):
        with sqlite3.connect(self.path) as con:
            con.execute("insert into items values (?)", [item])
    def dump(self, df):
        df.to_csv(f"{self.FOLDER}/x.csv")
"""
BY_HELPERS = {
    'run("insert into t values (1)")': "shop.db",
    'run(f"insert into {table} values (1)")': "shop.db",
    "run(sql)": "shop.db",
    "keep(df)": "out/table.csv",
    'keep(df, "a.csv")': "out/a.csv",
    'keep(df, path="a.csv", folder="b")': "b/a.csv",
    'where = "w"\nkeep(df, folder=where)': "w/table.csv",
    'twice(df, "t.csv")': "out/t.csv",
    'log("text")': "run.log",
    "for each in xs: log(each)": "run.log",
    "list(map(log, xs))": "run.log",
    'put(df, "p.parquet")': "p.parquet",
    'def mine(): log("x")\nmine()': "run.log",
    'db = Store()\ndb.add("x")': "items.db",
    'Store("other.db").add("x")': "other.db",
    "store.dump(df)": "stored/x.csv",
}


def by_helpers(body: str) -> FileUses:
    piece = CodePiece("cell 1", 1, HELPERS)
    return file_uses([Step("s", 0, body, "cell 2", prelude=(piece,))])["s"]


@pytest.mark.parametrize(("body", "path"), BY_HELPERS.items())
def test_what_helpers_write_is_written_by_who_calls_them(body: str, path: str) -> None:
    assert by_helpers(body).written == (path,)
    assert path in by_helpers(body).named


@pytest.mark.parametrize(
    "body",
    [
        'run("select * from t")',
        'run("""\n  with a as (select 1)\n  select * from a""")',
        'pd.read_sql("select 1", connected())',
        'pd.read_sql_query(f"select {x} from t", sqlite3.connect(DB))',
        'log("x", mode="r")',
    ],
)
def test_who_only_asks_writes_nothing(body: str) -> None:
    assert by_helpers(body).written == ()
    assert by_helpers(body).named


@pytest.mark.parametrize(
    "body",
    [
        "x = 1",
        "keep(df, path)",
        "other.run(sql)",
        "def mine(): log('x')",
        "df.keep",
    ],
)
def test_what_no_call_reaches_or_no_text_tells_is_no_file(body: str) -> None:
    assert by_helpers(body).written == ()


def test_a_connection_of_a_plain_cell_is_used_by_who_reaches_it() -> None:
    piece = CodePiece("cell 1", 1, 'con = sqlite3.connect("a.db")\ndef add(x): con.execute("insert", x)')
    steps = [
        Step(body, 0, body, "cell 2", prelude=(piece,)) for body in ("add(1)", "con.execute('select 1')", "y")
    ]
    uses = file_uses(steps)
    assert [uses[step.name].written for step in steps] == [("a.db",), (), ()]


def test_an_object_that_a_step_made_takes_its_paths_along() -> None:
    piece = CodePiece("cell 1", 1, HELPERS)
    first = Step("a", 0, 'db = Store("mine.db")', "cell 2", prelude=(piece,), writes=("db",))
    second = Step("b", 1, "db.add(1)", "cell 3", prelude=(piece,), reads={"db": "a"})
    assert file_uses([first, second])["b"].written == ("mine.db",)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ('for n in ["a", "b"]:\n    with open(f"{n}.txt", "w") as f: ...', ["a.txt", "b.txt"]),
        ('for n in NAMES:\n    df.to_csv(n + ".csv")', ["x.csv", "y.csv"]),
        ('for i, n in enumerate(("a", "b")):\n    df.to_csv(f"{i}_{n}.csv")', ["0_a.csv", "1_b.csv"]),
        ('for n, k in zip(["a", "b"], [1, 2]):\n    df.to_csv(f"{n}{k}.csv")', ["a1.csv", "b2.csv"]),
        ('for n, k in [("a", 1), ("b", 2)]:\n    df.to_csv(f"{n}{k}.csv")', ["a1.csv", "b2.csv"]),
        ('for i in range(1, 3):\n    np.save("part%d.npy" % i, x)', ["part1.npy", "part2.npy"]),
        ('for i in range(2):\n    np.save("{}.npy".format(i), x)', ["0.npy", "1.npy"]),
        ('for n, t in {"a": "t"}.items():\n    open(f"{n}.txt", "w").write(t)', ["a.txt"]),
        ('for n in TABLE:\n    open(f"{n}.txt", "w")', ["k.txt"]),
        ('for p in TABLE.values():\n    open(p, "w")', ["v.txt"]),
        (
            'for n in "a", "b":\n    for k in (1, 2):\n        open(f"{n}{k}.t", "w")',
            ["a1.t", "a2.t", "b1.t", "b2.t"],
        ),
        ('[df.to_csv(f"{n}.csv") for n in sorted(["a", "b"])]', ["a.csv", "b.csv"]),
        ('paths = [f"{n}.bin" for n in NAMES]\nfor p in paths:\n    open(p, "wb")', ["x.bin", "y.bin"]),
        ('def save(n):\n    open(f"{n}.log", "w")\nfor n in ["a", "b"]:\n    save(n)', ["a.log", "b.log"]),
        ('def save():\n    for n in NAMES:\n        open(f"{n}.log", "w")\nsave()', ["x.log", "y.log"]),
        ('for n in names():\n    open(f"{n}.txt", "w")', []),
        ('for i in range(0, 9, 0):\n    open(f"{i}.txt", "w")', []),
        ('for i in range(n):\n    open(f"{i}.txt", "w")', []),
        ('for i, n in ["a", "b"]:\n    open(f"{n}.txt", "w")', []),
    ],
)
def test_each_round_of_a_loop_over_what_is_in_sight_names_its_files(body: str, written: list[str]) -> None:
    constants = CodePiece("cell 1", 1, 'NAMES = ["x", "y"]\nTABLE = {"k": "v.txt"}')
    step = Step("s", 0, body, "cell 2", prelude=(constants,))
    assert sorted(file_uses([step])["s"].written) == written


def test_a_loop_of_many_rounds_is_looked_at_up_to_a_bound() -> None:
    body = 'for i in range(1000000000):\n    for k in range(1000000000):\n        open(f"{i}_{k}.txt", "w")'
    assert 0 < len(uses(body).written) <= 500


MODULE = """
from pathlib import Path
from inner import keep
OUT = Path("out") / "o.json"
def save(rows, path="rows.csv"):
    rows.to_csv(path)
def save_out():
    OUT.write_text("x")
def save_each(names):
    for name in ("a", "b"):
        keep(name)
"""
INNER = """
def keep(name):
    open(f"{name}.txt", "w").write(name)
"""


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("tools.save(rows)", ["rows.csv"]),
        ('tools.save(rows, "mine.csv")', ["mine.csv"]),
        ("t.save_out()", ["out/o.json"]),
        ("save(rows)", ["rows.csv"]),
        ("tools.save_each(names)", ["a.txt", "b.txt"]),
        ('for n in ("x", "y"):\n    tools.save(rows, f"{n}.csv")', ["x.csv", "y.csv"]),
        ("tools.other(rows)", []),
        ("rows.tools.save(rows)", []),
    ],
)
def test_what_functions_of_local_modules_write_counts(body: str, written: list[str], tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(MODULE)
    (tmp_path / "inner.py").write_text(INNER)
    step = Step("s", 0, body, "cell 2", imports=("tools", "pandas"))
    assert sorted(file_uses([step], [tmp_path])["s"].written) == written


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("!echo hello > out.txt", "out.txt"),
        ("!sort in.txt >> out.txt", "out.txt"),
        ("!sort in.txt | tee -a out.txt", "out.txt"),
        ("!curl -o out.csv http://localhost/x", "out.csv"),
        ("!cp data/in.txt out.txt", "out.txt"),
        ("lines = !cat out.txt", ""),
        ("subprocess.run('date > out.txt', shell=True)", "out.txt"),
        ("os.system('touch out.txt')", "out.txt"),
    ],
)
def test_command_lines_of_a_shell_name_files_and_write_some(body: str, written: str) -> None:
    found = uses(body)
    assert found.written == ((written,) if written else ())
    assert any(name.startswith("out.") for name in found.named)


def test_a_store_of_keys_is_used_under_the_name_that_it_is_opened_by() -> None:
    assert uses("with shelve.open('kept') as db:\n    db['x'] = 1").written == ("kept",)
    assert uses("db = shelve.open('kept', 'r')") == FileUses(named=("kept",))
