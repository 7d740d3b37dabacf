"""Which files calls name, and which of them they may write: by what they are called, and by their mode."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.file_uses import FileUses, file_uses
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
