/** What kernel and extension say to each other; made from Python's types, see CONTRIBUTING.md. */
/* eslint-disable */

export const EVENTS = "jupyter_pipes.events";
export const COMMANDS = "jupyter_pipes.commands";
export const PACKAGE = "0.2.0";
export const KEPT_BOARDS = "jupyter_pipes/boards";
export const KEPT_GRAPH = "jupyter_pipes/graph";
export const READING = "jupyter_pipes.reading";

export const LOOKS: Record<Status, Look> = {"pending": {"icon": "\u25cb", "word": "pending"}, "queued": {"icon": "\u25d4", "word": "queued"}, "running": {"icon": "\u25b6\ufe0e", "word": "running"}, "completed": {"icon": "\u2713", "word": "completed"}, "cached": {"icon": "\u21ba", "word": "cached"}, "failed": {"icon": "\u2715", "word": "failed"}, "skipped": {"icon": "\u21b7", "word": "skipped"}, "cancelled": {"icon": "\u2298", "word": "cancelled"}, "interrupted": {"icon": "\u2298", "word": "interrupted"}};
export const STALE: Look = {"icon": "\u25b3", "word": "stale"};

export interface Look {
  readonly icon: string;
  readonly word: string;
}

export const STEP_NAME_RULE = "a step's name is made of letters, digits, `_`, `-` and `.`, without spaces, at most 100 of them, and is not `params`";

export const STEP_OPTIONS: readonly StepOption[] = [{"flag": "--run", "metavar": "", "help": "run this step now, with what it needs that is not up to date", "takes": "nothing", "refersTo": "steps"}, {"flag": "--append", "metavar": "", "help": "this cell continues the step NAME of an earlier cell", "takes": "nothing", "refersTo": "steps"}, {"flag": "--after", "metavar": "A B", "help": "also wait for these steps", "takes": "many", "refersTo": "nothing"}, {"flag": "--in", "metavar": "x y", "help": "the names it reads, instead of inferring them", "takes": "many", "refersTo": "nothing"}, {"flag": "--out", "metavar": "x y", "help": "the names it writes, instead of inferring them", "takes": "many", "refersTo": "nothing"}, {"flag": "--file", "metavar": "PATH\u2026", "help": "files that the step reads (globs allowed)", "takes": "many", "refersTo": "steps"}, {"flag": "--out-file", "metavar": "PATH\u2026", "help": "files that the step makes: kept, and put back when missing or changed", "takes": "many", "refersTo": "parameters"}, {"flag": "--when", "metavar": "EXPR", "help": "skip the step unless this is true, over parameters and inputs", "takes": "one", "refersTo": "nothing"}, {"flag": "--gate", "metavar": "TEXT", "help": "wait for an approval before it runs, and show this text", "takes": "one", "refersTo": "steps"}, {"flag": "--before", "metavar": "F\u2026", "help": "functions to call before it; False skips it", "takes": "many", "refersTo": "nothing"}, {"flag": "--after-done", "metavar": "F\u2026", "help": "functions to call when it has ended", "takes": "many", "refersTo": "nothing"}, {"flag": "--on-status", "metavar": "F\u2026", "help": "functions to call whenever its status changes", "takes": "many", "refersTo": "nothing"}, {"flag": "--monitor", "metavar": "metric:NAME artifact:NAME model:NAME", "help": "put these on the run as well, as STEP/NAME (wildcards)", "takes": "many", "refersTo": "steps"}, {"flag": "--map", "metavar": "\"x in xs\"", "help": "run for each element; outputs become lists, in order", "takes": "many", "refersTo": "nothing"}, {"flag": "--repeat-while", "metavar": "EXPR", "help": "run again while this is true behind it", "takes": "one", "refersTo": "nothing"}, {"flag": "--at-most", "metavar": "N", "help": "rounds that --repeat-while may take", "takes": "one", "refersTo": "steps"}, {"flag": "--bash", "metavar": "", "help": "the cell is a shell script", "takes": "nothing", "refersTo": "nothing"}, {"flag": "--pipeline", "metavar": "PATH", "help": "this step is another notebook or module", "takes": "one", "refersTo": "nothing"}, {"flag": "-p", "metavar": "k=v\u2026", "help": "values of parameters of its --pipeline", "takes": "many", "refersTo": "steps"}, {"flag": "--always", "metavar": "", "help": "run whatever is kept", "takes": "nothing", "refersTo": "parameters"}, {"flag": "--never-cache", "metavar": "", "help": "neither look for a kept result nor keep one", "takes": "nothing", "refersTo": "parameters"}, {"flag": "--version", "metavar": "V", "help": "a text that counts for the signature", "takes": "one", "refersTo": "steps"}, {"flag": "--ignore-param", "metavar": "p\u2026", "help": "parameters that do not count for the signature (log level, n_jobs)", "takes": "many", "refersTo": "nothing"}, {"flag": "--retries", "metavar": "N", "help": "tries after the first", "takes": "one", "refersTo": "steps"}, {"flag": "--retry-delay", "metavar": "10s", "help": "wait before the first retry; doubles each time", "takes": "one", "refersTo": "steps"}, {"flag": "--retry-on", "metavar": "Exc\u2026 f\u2026", "help": "retry only on these exceptions, or where f(error, attempt) is true", "takes": "many", "refersTo": "steps"}, {"flag": "--timeout", "metavar": "30m", "help": "longest time of one attempt; a timeout is a failure", "takes": "one", "refersTo": "steps"}, {"flag": "--on-fail", "metavar": "skip|stop|ignore", "help": "what a failure does to the rest of the run", "takes": "one", "refersTo": "parameters"}, {"flag": "--cpus", "metavar": "N", "help": "processors to reserve", "takes": "one", "refersTo": "steps"}, {"flag": "--memory", "metavar": "4G", "help": "memory to reserve, and its limit", "takes": "one", "refersTo": "steps"}, {"flag": "--queue", "metavar": "NAME", "help": "where it runs (default: local)", "takes": "one", "refersTo": "steps"}, {"flag": "--packages", "metavar": "\"x==1 y\"", "help": "packages of its own", "takes": "many", "refersTo": "steps"}, {"flag": "--python", "metavar": "3.12", "help": "its version of Python", "takes": "one", "refersTo": "steps"}, {"flag": "--env", "metavar": "PATH", "help": "an existing virtual environment that it runs in", "takes": "one", "refersTo": "steps"}, {"flag": "--env-var", "metavar": "K=V\u2026", "help": "environment variables; K alone: a secret", "takes": "many", "refersTo": "steps"}, {"flag": "--repo", "metavar": "URL@REV", "help": "a checkout that it works in", "takes": "one", "refersTo": "steps"}, {"flag": "--container", "metavar": "IMAGE", "help": "the image of a container that it runs in", "takes": "one", "refersTo": "steps"}, {"flag": "--stage", "metavar": "NAME", "help": "the group that it is shown in", "takes": "one", "refersTo": "parameters"}, {"flag": "--tags", "metavar": "a,b", "help": "labels", "takes": "many", "refersTo": "steps"}];

/**
 * An option of `%%step`; `metavar` says what stands behind the flag, "" for a switch; `refersTo` what may be
 * referred to there (`${…}`).
 */
export interface StepOption {
  readonly flag: string;
  readonly metavar: string;
  readonly help: string;
  readonly takes: "nothing" | "one" | "many";
  readonly refersTo: "nothing" | "parameters" | "steps";
}

/** A form that a pipeline can be exported in; `path` says what its path names. */
export interface Form {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly path: "module" | "notebook" | "folder";
  readonly is_engine: boolean;
}

export const FORMS: readonly Form[] = [{"name": "python", "title": "Python module", "about": "a program with its steps as functions", "path": "module", "is_engine": false}, {"name": "notebook", "title": "Executed notebook", "about": "with the outputs of the newest run", "path": "notebook", "is_engine": false}, {"name": "luigi", "title": "Luigi", "about": "a task for each step", "path": "module", "is_engine": true}, {"name": "kedro", "title": "Kedro", "about": "a project, with nodes, catalog and tests", "path": "folder", "is_engine": true}, {"name": "clearml", "title": "ClearML", "about": "a component for each step", "path": "module", "is_engine": true}];

/** Let a step of the run that is shown begin, which waits at its gate; or refuse it, with why, or not. */
export interface AnswerStep {
  readonly ask: "answer gate";
  readonly step: string;
  readonly approved: boolean;
  readonly reason?: string;
}

/** Put a run away, or take it back. */
export interface ArchiveRun {
  readonly ask: "archive run";
  readonly run: string;
  readonly archived?: boolean;
}

/** Lay the graph out so that it can be read in `width` by `height` px. Attributes: collapsed: stages to draw as one node each; None for as many as it takes to read the graph. */
export interface ArrangeGraph {
  readonly ask: "graph";
  readonly width: number;
  readonly height: number;
  readonly collapsed?: readonly (string)[] | null;
}

/** What the steps kept, in their order; `distrust` says why values are not loaded, "" if they are. */
export interface ArtifactList {
  readonly artifacts: readonly (ArtifactShown)[];
  readonly distrust: string;
}

/** The variable that has the value now. */
export interface ArtifactLoaded {
  readonly variable: string;
}

/** An artifact without its value. Attributes: type: its type; of a model, also what that says of itself. bytes: stored size. shape: rows and columns and the like; empty if it has none. preview: a short text form. title: of a figure that the step displayed; "" if it has none, and for all else. line: the line that makes it a variable. */
export interface ArtifactShown {
  readonly step: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly shape: readonly (number)[];
  readonly preview: string;
  readonly title: string;
  readonly line: string;
}

/** Say in which calls a running step is just now. */
export interface AskWhere {
  readonly ask: "where";
  readonly step: string;
}

/** A pipeline as a front end shows it; the steps in the notebook's order. Attributes: nested: the steps of other pipelines that are unfolded in the graph, as they are called in it: `prep[load]`. */
export interface Board {
  readonly heading: Heading;
  readonly steps: readonly (BoardStep)[];
  readonly problems: readonly (Problem)[];
  readonly nested?: readonly (BoardStep)[];
}

/** What is different since the message before. Attributes: heading: the new one, None if it is the same. steps: the new and the changed ones, whole. order: the names of all steps, None if they are the same in the same order. problems: all of them, None if they are the same. nested, nested_order: as `steps` and `order`. */
export interface BoardChanged {
  readonly kind: "changed";
  readonly number: number;
  readonly time: number;
  readonly pipeline?: string;
  readonly heading: Heading | null;
  readonly steps: readonly (BoardStep)[];
  readonly order: readonly (string)[] | null;
  readonly problems: readonly (Problem)[] | null;
  readonly nested?: readonly (BoardStep)[];
  readonly nested_order?: readonly (string)[] | null;
}

/** How a step failed, in plain text; `line` counts as the editor's gutter does, None if unknown. */
export interface BoardError {
  readonly type: string;
  readonly message: string;
  readonly line: number | null;
}

/** What a step asks before it begins, and since when, in seconds since 1970. */
export interface BoardGate {
  readonly text: string;
  readonly since: number;
}

/** A run as it stands; times in seconds since 1970, `ended` None while it goes on. Attributes: waits: what all of it waits for, in words; "" if for nothing. parameters: name -> the value as people write it. tally: how many steps came to which end, in words. */
export interface BoardRun {
  readonly id: string;
  readonly status: Status;
  readonly reason: string;
  readonly started: number;
  readonly ended: number | null;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tally: string;
  readonly waits: string;
}

/** The whole board: the first message of a link; `package` is the version of jupyter_pipes that tells. */
export interface BoardShown {
  readonly kind: "shown";
  readonly number: number;
  readonly time: number;
  readonly pipeline?: string;
  readonly package: string;
  readonly board: Board;
}

/** A step as it stands. Attributes: cell: id of the notebook's cell that it is made of; None outside notebooks. reason: why it stands so, in words. stale: why its result no longer fits, "" when it does. stale_word: what that is called, "" when it fits: it may hang on a step above it. started: when the attempt that runs now began, in seconds since 1970. seconds: what the attempts that ended took. share: how far it is, 0 to 1; None if nobody knows. progress: the same in words. attempts: how many there were. earlier: why those before the latest one ended, in words. queue: where it runs, as `--queue` says. host: the machine that its latest attempt runs or ran on; "" before its first. source_run: the run whose outputs it takes, "" if its own. upstream: the steps that must end before it starts. reads: name, or path of a file, -> the step that makes it, or `params`. metrics: name -> the latest value. notes: what it was told that is no failure. gate: what it asks, while it waits for an approval. elements: how many elements its `--map` found, or steps its `--pipeline` has. pipeline: the other notebook or module that it is, "" if none. */
export interface BoardStep {
  readonly name: string;
  readonly cell: string | null;
  readonly status: Status;
  readonly reason: string;
  readonly stale: string;
  readonly stale_word: string;
  readonly started: number | null;
  readonly seconds: number;
  readonly share: number | null;
  readonly progress: string;
  readonly attempts: number;
  readonly earlier: readonly (string)[];
  readonly queue: string;
  readonly host: string;
  readonly source_run: string;
  readonly stage: string | null;
  readonly upstream: readonly (string)[];
  readonly reads: Readonly<Record<string, string>>;
  readonly writes: readonly (string)[];
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly notes: readonly (string)[];
  readonly error: BoardError | null;
  readonly gate: BoardGate | null;
  readonly elements?: number;
  readonly pipeline?: string;
}

/** The sweep that the run is one of. Attributes: number: which of its runs it is, from 1. most: how many there will be; None where a search decides. goes_on: whether this or another run of it is still to come to its end. */
export interface BoardSweep {
  readonly id: string;
  readonly number: number;
  readonly most: number | null;
  readonly goes_on: boolean;
}

/** A rectangle in px; `x`, `y` is its top left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line of a cell. Attributes: cell: the cell's id. number: its place as people count. line: the line as the editor counts it. */
export interface CellPlace {
  readonly cell: string;
  readonly number: number;
  readonly line: number;
}

/** Say whether these texts fit their parameters, and what all parameters come to with them. */
export interface CheckParameters {
  readonly ask: "check parameters";
  readonly texts: Readonly<Record<string, string>>;
}

/** Say what of a sweep does not fit, and how many runs it would have. */
export interface CheckSweep {
  readonly ask: "check sweep";
  readonly over: Readonly<Record<string, string>>;
  readonly metric?: string;
  readonly at_most?: string;
}

/** Hold two kept runs against each other, as one graph laid out for so much room in px. */
export interface CompareRuns {
  readonly ask: "compare runs";
  readonly a: string;
  readonly b: string;
  readonly width: number;
  readonly height: number;
}

/** Two kept runs as one graph, and what differs. Attributes: board: the steps of both, as they stand in `b`, else in `a`. marks: step -> how its two sides are to each other. */
export interface ComparedRuns {
  readonly a: RunLine;
  readonly b: RunLine;
  readonly board: Board;
  readonly layout: Layout;
  readonly marks: Readonly<Record<string, "changed" | "only in a" | "only in b" | "same">>;
  readonly differences: readonly (DifferenceLine)[];
  readonly metrics: readonly (MetricPair)[];
  readonly curves: readonly (CurvePair)[];
}

/** A metric that was reported more than once, in both runs. */
export interface CurvePair {
  readonly step: string;
  readonly name: string;
  readonly a: readonly (Point)[];
  readonly b: readonly (Point)[];
}

/** One thing that is not the same in both runs; `step` is None for what concerns them as a whole. Attributes: what: the kind of thing, as `jupyter pipes compare` says it. a, b: how it is in each run, in a line. diff: lines of a diff of code; of other things, more about it. */
export interface DifferenceLine {
  readonly step: string | null;
  readonly what: string;
  readonly name: string;
  readonly a: string;
  readonly b: string;
  readonly diff: string;
}

/** It was taken. */
export interface Done {
}

/** Draw the graph as a picture, as it stands now, laid out as for `ArrangeGraph`. */
export interface DrawGraph {
  readonly ask: "picture";
  readonly width: number;
  readonly height: number;
  readonly collapsed?: readonly (string)[] | null;
}

/** A drawn edge. Attributes: source, target: ids of the nodes. names: the names that it carries; empty for an edge that only orders. label: what is written on it: `names`, shortened; "" for none. points: the points that its curve passes, from border to border, in px. label_at: middle of the label, or None. flow: whether it flows along x ("LR") or y ("TB"): its curve's direction at every point. is_by_code: whether it carries a name that the code reads of the source; all others are drawn dashed. */
export interface Edge {
  readonly source: string;
  readonly target: string;
  readonly names: readonly (string)[];
  readonly label: string;
  readonly points: readonly (readonly [number, number])[];
  readonly label_at: readonly [number, number] | null;
  readonly flow: "LR" | "TB";
  readonly is_by_code?: boolean;
}

/** The first elements, what went wrong before all else, and how many more there are. Attributes: title: what they are called: of a pipeline its steps. run: of a pipeline its own run, once it is known. */
export interface ElementList {
  readonly title: string;
  readonly elements: readonly (ElementShown)[];
  readonly more: number;
  readonly run?: string;
}

/** An element as a front end shows it: `value` is what it is, in short. */
export interface ElementShown {
  readonly name: string;
  readonly value: string;
  readonly status: Status;
  readonly seconds: number;
  readonly why: string;
}

/** Say why a step is stale, or else why it was decided so. */
export interface ExplainStep {
  readonly ask: "why";
  readonly step: string;
}

/** Write the pipeline to a path, from the notebook's folder. Attributes: path: a file, or the folder of a project. form: one of the forms (`export/forms.py`); "" for what the path says: a notebook with the outputs of the newest run where it ends in `.ipynb`, else a module. replace: whether files that are there may be replaced; else nothing is written then. */
export interface ExportPipeline {
  readonly ask: "export";
  readonly path: string;
  readonly form?: string;
  readonly replace?: boolean;
}

/** Where the pipeline was written to; or not, as files are there and nobody said to replace them. Attributes: files: what was written, or is there already; from the notebook's folder. */
export interface Exported {
  readonly path: string;
  readonly is_written: boolean;
  readonly files: readonly (string)[];
}

/** Give what a step printed, if there is more than is known. Attributes: attempt: its number; the latest one if None. seen: the size of the log when it was given last, in bytes; -1 if it was not. is_whole: whether all of it is wanted, not only its end. */
export interface FollowLog {
  readonly ask: "follow log";
  readonly step: string;
  readonly attempt?: number | null;
  readonly seen?: number;
  readonly is_whole?: boolean;
}

/** Say what a run of the notebook as it is shown would do. Attributes: steps: with what they need; all, if none is named. params: as for a run. only_stale: of the steps that are marked as stale, as "run stale" does, in place of `steps`. */
export interface ForeseeRun {
  readonly ask: "foresee";
  readonly steps?: readonly (string)[];
  readonly params?: Readonly<Record<string, unknown>>;
  readonly only_stale?: boolean;
}

/** What a run would do with a step, and why; `seconds` is what it took last time, None if nobody knows. */
export interface ForeseenStep {
  readonly name: string;
  readonly decision: "cached" | "depends" | "run";
  readonly reasons: readonly (string)[];
  readonly seconds: number | null;
}

/** A call that has not returned. Attributes: place: the path of its file; for code of the notebook what tracebacks call it: `Step fit`, `cell 2`. line: of the file, or of the cell. function: its name; `<module>` outside of functions. code: the text of the line, "" if it is not known. is_of_notebook: whether it is code of a cell. */
export interface Frame {
  readonly place: string;
  readonly line: number;
  readonly function: string;
  readonly code: string;
  readonly is_of_notebook: boolean;
}

/** Which pipeline a board shows, and which run of it: None before the first; of a run of a sweep, that. Attributes: in_use: whether it is the one that the kernel's cells are about now (`%pipeline use`). */
export interface Heading {
  readonly pipeline: string;
  readonly version: string;
  readonly run: BoardRun | null;
  readonly sweep?: BoardSweep | null;
  readonly in_use?: boolean;
}

/** A named value that a step left; `size` is what a person expects to read of it. */
export interface KeptArtifact {
  readonly name: string;
  readonly type: string;
  readonly size: string;
  readonly preview: string;
}

/** One try of a step; `used` is its wall and CPU time and memory, in words. */
export interface KeptAttempt {
  readonly number: number;
  readonly status: Status;
  readonly reason: string;
  readonly used: string;
}

/** Where everything of a graph is drawn, in px. Attributes: nodes: the box of each drawn node: a step by its name, a collapsed stage by `stage_node(stage)`, an input that only the catalog has by `data_node(name)`. groups: the frame of each stage that has one; its title stands in the top `TITLE_HEIGHT` px. edges: the curves, in a stable order. width, height: size of the whole, margins included. direction: which way edges flow. members: names of the steps behind each node; none behind an input. lines: lines of text that a node has room for: its name, and how it stands. unfoldable: the nodes that other pipelines are, with steps of their own. unfolded: those of them whose steps are drawn in their boxes, each before those in it. titles: node, or stage with a frame, of such a pipeline -> what it is called there. */
export interface Layout {
  readonly nodes: Readonly<Record<string, Box>>;
  readonly groups: Readonly<Record<string, Box>>;
  readonly edges: readonly (Edge)[];
  readonly width: number;
  readonly height: number;
  readonly direction: "LR" | "TB";
  readonly members: Readonly<Record<string, readonly (string)[]>>;
  readonly lines?: 1 | 2;
  readonly unfoldable?: readonly (string)[];
  readonly unfolded?: readonly (string)[];
  readonly titles?: Readonly<Record<string, string>>;
}

/** List what the steps kept, as they stand now. */
export interface ListArtifacts {
  readonly ask: "artifacts";
}

/** Say how the elements of a step stand. */
export interface ListElements {
  readonly ask: "elements";
  readonly step: string;
}

/** List the first kept runs of the pipeline that a query finds. */
export interface ListRuns {
  readonly ask: "runs";
  readonly query?: string;
  readonly limit?: number;
}

/** A cell as a front end shows it now; `is_code` is false for Markdown and the like. */
export interface LiveCell {
  readonly id: string;
  readonly source: string;
  readonly is_code: boolean;
}

/** Make an artifact a variable of the notebook, of its own name as far as Python takes it. */
export interface LoadArtifact {
  readonly ask: "load artifact";
  readonly step: string;
  readonly name: string;
}

/** A log as it stands. Attributes: run: of which run; an earlier one when the step is cached. attempt: whose log it is; None if the step did not run. attempts: the numbers of all there are. size: of the log, in bytes. text: what a terminal shows in the end, with colours; None if its size is as seen. is_cut: whether there is more before the text. traceback: what the attempt failed with, with colours; "" if it did not. cells: number of a cell, as tracebacks name it -> its id. */
export interface LogFollowed {
  readonly run: string;
  readonly attempt: number | null;
  readonly attempts: readonly (number)[];
  readonly size: number;
  readonly text: string | null;
  readonly is_cut: boolean;
  readonly traceback: string;
  readonly cells: Readonly<Record<string, string>>;
}

/** The end of a log, with ANSI colours. */
export interface LogTail {
  readonly text: string;
}

/** Say what a step of a kept run did, in its latest attempt unless another is named. */
export interface LookAtStep {
  readonly ask: "look at step";
  readonly run: string;
  readonly step: string;
  readonly attempt?: number | null;
}

/** Show an artifact; of a table the rows from `start` on. */
export interface LookInside {
  readonly ask: "look inside";
  readonly step: string;
  readonly name: string;
  readonly start?: number;
}

/** A request on the wire; the answer has its number. Attributes: key: the same where it is asked once more, as the answer was lost on the way: it is carried out once. pipeline: what it is about, as `%pipeline use` calls it, "" for the notebook's own; None for the one in use. */
export interface Message {
  readonly number: number;
  readonly request: StartRun | StartStale | Stop | ShowCells | ArrangeGraph | DrawGraph | UnfoldStep | ExplainStep | ReadLog | ExportPipeline | ShowParameters | CheckParameters | ForeseeRun | ListRuns | OpenRun | LookAtStep | CompareRuns | TagRun | RenameRun | ArchiveRun | RepeatRun | ResumeRun | FollowLog | ListArtifacts | LookInside | LoadArtifact | TrustValues | ShowTimeline | AskWhere | ListElements | AnswerStep | CheckSweep | StartSweep | ShowSweep;
  readonly key?: string;
  readonly pipeline?: string | null;
}

/** The last values of a metric in both runs; None where it is not there, or is no number. */
export interface MetricPair {
  readonly step: string;
  readonly name: string;
  readonly a: number | null;
  readonly b: number | null;
}

/** Give a kept run, its graph laid out for so much room in px. */
export interface OpenRun {
  readonly ask: "open run";
  readonly run: string;
  readonly width: number;
  readonly height: number;
}

/** A kept run with its graph. Attributes: reason: why it ended so. surroundings: what it ran in, in words. repeats: the run that it runs again, "" if none. fields: its parameters, to repeat it with others. obstacle: why it cannot be repeated, "" if it can. can_resume: whether it can be taken up again. */
export interface OpenedRun {
  readonly line: RunLine;
  readonly reason: string;
  readonly surroundings: string;
  readonly repeats: string;
  readonly board: Board;
  readonly layout: Layout;
  readonly fields: readonly (RepeatField)[];
  readonly obstacle: string;
  readonly can_resume: boolean;
}

/** A parameter as a field of a form; texts mean what they mean in `-p NAME=TEXT`. Attributes: kind: how it is filled in. annotation: its type as written. help: the comment behind its line. allowed: in words, which values fit; "" if only running code tells. choices: the texts that fit, where its type lists them. default: the text of its default; None where no text means it, or where it is computed. declared: the default as Python source. used: the text of what the last run was given for it; None if that was nothing. */
export interface ParameterField {
  readonly name: string;
  readonly kind: "choice" | "number" | "switch" | "text" | "whole";
  readonly annotation: string;
  readonly help: string;
  readonly allowed: string;
  readonly choices: readonly (string)[];
  readonly default: string | null;
  readonly declared: string;
  readonly used: string | null;
}

/** The parameters in the order of their declaration. */
export interface ParameterForm {
  readonly fields: readonly (ParameterField)[];
}

/** What became of texts. Attributes: misfits: parameter -> why its text does not fit, in words. values: parameter -> its value in words, of all; empty where something does not fit. */
export interface ParametersChecked {
  readonly misfits: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
}

/** A graph as SVG that needs nothing else. */
export interface Picture {
  readonly svg: string;
}

/** A reported value of a metric; `at` is its place on the axis, or which report it was, from 0. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** Something wrong with a cell, found before anything ran. Attributes: cell: id of the cell; None if it is about no single one. line: line of that cell as the editor counts it. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly severity: "error" | "note" | "warning";
  readonly step: string | null;
  readonly cell: string | null;
  readonly line: number;
}

/** Give the end of what a step printed, of its latest attempt unless another is named. */
export interface ReadLog {
  readonly ask: "log";
  readonly step: string;
  readonly attempt?: number | null;
}

/** Reasons in words, with what changed as the lines of a diff. */
export interface Reasons {
  readonly reasons: readonly (string)[];
  readonly diff: string;
}

/** Why something was not done, in words; `type` is the error's class, `place` the cell it is about. */
export interface Refusal {
  readonly type: string;
  readonly message: string;
  readonly place?: CellPlace | null;
}

/** Give a run a title. */
export interface RenameRun {
  readonly ask: "rename run";
  readonly run: string;
  readonly title: string;
}

/** A parameter of a kept run, as a form asks for it. Attributes: annotation: the declared type as written, "" when only a default was given. value: the value that the run had, as people write it. choices: all allowed values, when the type lists them. */
export interface RepeatField {
  readonly name: string;
  readonly annotation: string;
  readonly value: string;
  readonly help: string;
  readonly choices: readonly (string)[];
}

/** Run a kept run's own code once more, with other values for these parameters. */
export interface RepeatRun {
  readonly ask: "repeat run";
  readonly run: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** An answer on the wire as `ANSWERS` has it, or why there is none. */
export interface Reply {
  readonly number: number;
  readonly answer?: unknown;
  readonly refusal?: Refusal | null;
}

/** Take up a run again that did not complete. */
export interface ResumeRun {
  readonly ask: "resume run";
  readonly run: string;
}

/** What a run would do, in the order in which it could. */
export interface RunForeseen {
  readonly steps: readonly (ForeseenStep)[];
}

/** A run in the list; times in seconds since 1970. Attributes: seconds: how long it took, or takes so far. progress: the share of its steps that ended, 0 to 1. endings: status -> how many of its steps ended so. parameters: name -> the value as people write it. metrics: last values; by the step's name as well (`STEP/NAME`) where several steps report one. */
export interface RunLine {
  readonly id: string;
  readonly title: string;
  readonly pipeline: string;
  readonly version: string;
  readonly status: Status;
  readonly started: number;
  readonly seconds: number;
  readonly progress: number;
  readonly endings: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly tags: readonly (string)[];
  readonly archived: boolean;
}

/** The first runs that a query finds, and whether there are more. */
export interface RunPage {
  readonly runs: readonly (RunLine)[];
  readonly has_more: boolean;
}

/** A run goes on; how, is told on the other comm. */
export interface RunStarted {
  readonly run: string;
}

/** The notebook is shown so now: all its cells, in order. */
export interface ShowCells {
  readonly ask: "cells";
  readonly cells: readonly (LiveCell)[];
}

/** Give the parameters that the notebook declares now. */
export interface ShowParameters {
  readonly ask: "parameters";
}

/** Give the table of a sweep: of this kernel's as it stands, of any other as its runs are kept. */
export interface ShowSweep {
  readonly ask: "sweep";
  readonly sweep: string;
}

/** Give the timeline of a run; where none is named, of this kernel's, else of the newest that is kept. */
export interface ShowTimeline {
  readonly ask: "timeline";
  readonly run?: string;
}

/** What a step did for a while; times in seconds since 1970, `end` None as long as it goes on. Attributes: phase: waits for earlier steps, is decided, waits for an approval, for a slot or a queue, for imports, for the next try, or runs. words: for which steps, which imports, or why; of an attempt, where it ran, if that is another machine, and why it came to nothing. is_lost: whether it is an attempt that came to nothing: it failed, was stopped, or its worker is gone. */
export interface Span {
  readonly phase: "decision" | "gate" | "imports" | "queue" | "retry" | "running" | "upstream";
  readonly start: number;
  readonly end: number | null;
  readonly words?: string;
  readonly is_lost?: boolean;
}

/** The calls that a step was in. Attributes: at: when, in seconds since 1970. frames: the calls, the latest last. cells: number of a cell, as the places name it -> its id. */
export interface StackSeen {
  readonly at: number;
  readonly frames: readonly (Frame)[];
  readonly cells: Readonly<Record<string, string>>;
}

/** Run these steps (all, if none is named) of the notebook as it is shown, with what they need. Attributes: params, force, only, skip: as for `%pipeline run`. behind: run these and what hangs on them (`--from`). */
export interface StartRun {
  readonly ask: "run";
  readonly steps?: readonly (string)[];
  readonly params?: Readonly<Record<string, unknown>>;
  readonly force?: readonly (string)[];
  readonly only?: readonly (string)[];
  readonly behind?: readonly (string)[];
  readonly skip?: readonly (string)[];
}

/** Run the steps that are marked as stale. */
export interface StartStale {
  readonly ask: "run stale";
}

/** Begin a sweep of the notebook as it is shown; `params` are the texts that all runs have. */
export interface StartSweep {
  readonly ask: "start sweep";
  readonly over: Readonly<Record<string, string>>;
  readonly metric?: string;
  readonly at_most?: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** Where a step or a run stands (a run is never `pending`, `queued`, `cached` or `skipped`). */
export type Status = "cached" | "cancelled" | "completed" | "failed" | "interrupted" | "pending" | "queued" | "running" | "skipped";

/** What a step of a kept run did: of a cached one, what it did when it ran. Attributes: source_run: the run in which it ran; the opened one's id unless it was cached. reasons: why it ran or was cached, in words. diff: what had changed, as the lines of a diff. log: the end of what it printed, with ANSI colours. traceback: of what it failed with, with ANSI colours; "" if it did not. outputs: what it displayed, as MIME bundles. curves: metric -> its values, of those that were reported more than once. */
export interface StepLook {
  readonly step: string;
  readonly source_run: string;
  readonly reasons: readonly (string)[];
  readonly diff: string;
  readonly log: string;
  readonly traceback: string;
  readonly attempts: readonly (KeptAttempt)[];
  readonly artifacts: readonly (KeptArtifact)[];
  readonly outputs: readonly (Readonly<Record<string, unknown>>)[];
  readonly curves: Readonly<Record<string, readonly (Point)[]>>;
}

/** Cancel the run that goes on, with the sweep that it is one of; or one step of it. */
export interface Stop {
  readonly ask: "stop";
  readonly step?: string | null;
}

/** What became of the texts. Attributes: misfits: parameter -> why its values do not fit, in words. metric, at_most: why they do not; "" where they do. runs: how many runs there would be; 0 where something does not fit. */
export interface SweepChecked {
  readonly misfits: Readonly<Record<string, string>>;
  readonly metric: string;
  readonly at_most: string;
  readonly runs: number;
}

/** A run of a sweep. Attributes: parameters: what was tried, as people write it. progress: the share of its steps that ended, 0 to 1. seconds: how long it took, or takes so far. */
export interface SweepRow {
  readonly run: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly status: Status;
  readonly reason: string;
  readonly progress: number;
  readonly seconds: number;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly is_best: boolean;
}

/** A sweep as a table. Attributes: names: the parameters that are tried. metrics: those that have a column. goal: `NAME:max` or `NAME:min`; "" where no run is to be the best. most: how many runs there will be; None where a search decides. goes_on: whether a run goes on, or others are still to be started. reason: why it ended before all were tried, "" where it did not, or a run says why. unknown: the metric of the goal, where no run that completed has it. */
export interface SweepShown {
  readonly sweep: string;
  readonly names: readonly (string)[];
  readonly metrics: readonly (string)[];
  readonly rows: readonly (SweepRow)[];
  readonly goal: string;
  readonly most: number | null;
  readonly goes_on: boolean;
  readonly reason: string;
  readonly unknown: string;
}

/** A sweep goes on; how, is told on the other comm. */
export interface SweepStarted {
  readonly sweep: string;
}

/** Give a run these labels, in place of those that it has. */
export interface TagRun {
  readonly ask: "tag run";
  readonly run: string;
  readonly tags: readonly (string)[];
}

/** A run's time: `started` and `ended` in seconds since 1970, `ended` None while it goes on. */
export interface Timeline {
  readonly run: string;
  readonly started: number;
  readonly ended: number | null;
  readonly steps: readonly (TimelineStep)[];
}

/** A step's time. Attributes: is_critical: whether the run would have ended earlier, had it been faster. seconds, cpu_seconds: of all attempts that ended. peak_memory: of the largest attempt, in bytes; 0 if nobody measured it. */
export interface TimelineStep {
  readonly name: string;
  readonly status: Status;
  readonly spans: readonly (Span)[];
  readonly is_critical: boolean;
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly peak_memory: number;
}

/** Load values of this project from now on that somebody else could have written. */
export interface TrustValues {
  readonly ask: "trust values";
}

/** Values are loaded from now on. */
export interface Trusted {
}

/** Show the steps of the pipeline that a step is in the graph, or no longer; also of one in there. */
export interface UnfoldStep {
  readonly ask: "unfold";
  readonly step: string;
  readonly is_unfolded: boolean;
}

/** What is seen of a value. Attributes: kind: `table` has `columns` and `rows` (their first cell is the row's label), `image` has `data`, the base64 text of a picture, `text` has `text`. form: the MIME type of that picture. start: place of the first row that is shown, from 0. total: how many rows there are. left_out: how many columns are not shown. */
export interface ValueShown {
  readonly kind: "image" | "table" | "text";
  readonly text?: string;
  readonly data?: string;
  readonly form?: string;
  readonly columns?: readonly (string)[];
  readonly rows?: readonly (readonly (string)[])[];
  readonly start?: number;
  readonly total?: number;
  readonly left_out?: number;
}

/** Request -> its answer. */
export interface Answers {
  "run": RunStarted;
  "run stale": RunStarted;
  "stop": Done;
  "cells": Done;
  "graph": Layout;
  "picture": Picture;
  "unfold": Done;
  "why": Reasons;
  "log": LogTail;
  "export": Exported;
  "parameters": ParameterForm;
  "check parameters": ParametersChecked;
  "foresee": RunForeseen;
  "runs": RunPage;
  "open run": OpenedRun;
  "look at step": StepLook;
  "compare runs": ComparedRuns;
  "tag run": Done;
  "rename run": Done;
  "archive run": Done;
  "repeat run": RunStarted;
  "resume run": RunStarted;
  "follow log": LogFollowed;
  "artifacts": ArtifactList;
  "look inside": ValueShown;
  "load artifact": ArtifactLoaded;
  "trust values": Trusted;
  "timeline": Timeline;
  "where": StackSeen;
  "elements": ElementList;
  "answer gate": Done;
  "check sweep": SweepChecked;
  "start sweep": SweepStarted;
  "sweep": SweepShown;
}

export type BoardMessage = BoardShown | BoardChanged;
