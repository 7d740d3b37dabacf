/** The problems of a notebook at their lines: underlined, with what to do on hover, while one types. */
import { setDiagnostics, type Diagnostic } from '@codemirror/lint';
import type { Text } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import type { Cell } from '@jupyterlab/cells';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { PipelineSession } from './session';
import type { Problem } from './wire';

const SEVERITIES = { error: 'error', warning: 'warning', note: 'info' } as const;
const NOTHING: readonly Problem[] = [];

/** The problems of one notebook, in its editors. */
export class CellProblems {
  constructor(private readonly _session: PipelineSession) {
    _session.changed.connect(this._refresh, this);
    this._refresh();
  }

  private _refresh(): void {
    const problems = this._all();
    for (const cell of this._session.panel.content.widgets) {
      const own = problems.length
        ? problems.filter(problem => problem.cell === cell.model.id)
        : NOTHING;
      this._put(cell, own);
    }
  }

  /** The problems of all pipelines of the notebook, each once. */
  private _all(): readonly Problem[] {
    const all = [...this._session.boards.values()].flatMap(board => board.problems);
    return [...new Map(all.map(problem => [JSON.stringify(problem), problem])).values()];
  }

  private _put(cell: Cell, problems: readonly Problem[]): void {
    const editor = cell.editor;
    if (!(editor instanceof CodeMirrorEditor)) {
      // It has none as long as it is far out of sight.
      this._shown.delete(cell);
      return;
    }
    const told = JSON.stringify(problems);
    if (told === (this._shown.get(cell) ?? '[]')) {
      return;
    }
    this._shown.set(cell, told);
    show(editor.editor, problems);
  }

  private readonly _shown = new WeakMap<Cell, string>();
}

function show(view: EditorView, problems: readonly Problem[]): void {
  const diagnostics = problems.map(problem => at(view.state.doc, problem));
  view.dispatch(setDiagnostics(view.state, diagnostics));
}

/** A problem over the text of its line; the cell may have fewer lines by now. */
function at(text: Text, problem: Problem): Diagnostic {
  const line = text.line(Math.min(Math.max(problem.line, 1), text.lines));
  const indent = line.text.length - line.text.trimStart().length;
  return {
    from: line.from + indent,
    to: line.to,
    severity: SEVERITIES[problem.severity],
    source: problem.code,
    message: problem.message
  };
}
