/** Under a cell that failed for want of a name that a step makes: which step, and a button that gets it. */
import { CodeCell, type Cell } from '@jupyterlab/cells';
import { NotebookActions } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Widget, type PanelLayout } from '@lumino/widgets';
import { told } from '../commands';
import { runMagic } from '../magics';
import { runWith } from '../model';
import { writtenStepOf } from '../notebook';
import type { PipelineSession } from '../session';
import { StepCommandIDs } from '../stepcommands';
import type { Board, BoardStep } from '../wire';
import { hasResult, makerOf, missingName } from './artifacts';

/** A name that is not there, and the step of a pipeline that makes it. */
interface Missing {
  readonly name: string;
  readonly pipeline: string;
  readonly board: Board;
  readonly maker: BoardStep;
}

/** The bars of one notebook. */
export class MissingNames {
  constructor(
    private readonly _session: PipelineSession,
    private readonly _commands: CommandRegistry,
    private readonly _trans: TranslationBundle
  ) {
    const notebook = _session.panel.content;
    _session.changed.connect(this._refresh, this);
    notebook.modelContentChanged.connect(this._refresh, this);
  }

  private _refresh(): void {
    if (this._session.isDisposed || this._session.panel.isDisposed) {
      return;
    }
    for (const cell of this._session.panel.content.widgets) {
      const missing = this._missingIn(cell);
      const said =
        missing &&
        `${missing.maker.name}.${missing.name} ${hasResult(missing.maker) ? 'kept' : 'to be made'}`;
      const bar = this._bars.get(cell);
      if (said !== (bar?.said ?? null)) {
        bar?.dispose();
        this._bars.delete(cell);
        if (said) {
          this._show(cell, said, missing);
        }
      }
    }
  }

  /** The name that a cell wants, of the pipeline that it stands in. */
  private _missingIn(cell: Cell): Missing | null {
    const name = nameMissingIn(cell);
    const pipeline = name ? (this._session.pipelines.get(cell.model.id) ?? '') : '';
    const board = name ? this._session.boards.get(pipeline) : undefined;
    const maker = board && makerOf(board, name);
    return maker ? { name, pipeline, board, maker } : null;
  }

  private _show(cell: Cell, said: string, { name, pipeline, board, maker }: Missing): void {
    const bar = new Bar(said, this._trans);
    const trans = this._trans;
    if (hasResult(maker)) {
      bar.say(
        trans.__('`%1` is made by step %2', name, maker.name),
        trans.__('Get it'),
        async () => {
          const run = runWith(board, maker);
          await runMagic(this._session, `get ${maker.name}.${name} --run ${run}`);
          bar.say(trans.__('`%1` is loaded', name), trans.__('Run the cell again'), () =>
            this._runAgain(cell)
          );
        }
      );
    } else {
      const words = trans.__('`%1` is made by step %2, which has no result yet', name, maker.name);
      bar.say(words, trans.__('Run %1', maker.name), () =>
        this._commands.execute(StepCommandIDs.run, { step: maker.name, pipeline })
      );
    }
    this._bars.set(cell, bar);
    (cell.layout as PanelLayout).addWidget(bar);
  }

  private async _runAgain(cell: Cell): Promise<void> {
    const { content, sessionContext } = this._session.panel;
    content.deselectAll();
    content.activeCellIndex = content.widgets.indexOf(cell);
    await NotebookActions.run(content, sessionContext);
  }

  private readonly _bars = new WeakMap<Cell, Bar>();
}

function nameMissingIn(cell: Cell): string {
  // A notebook that is loaded tells of its change while cells that gave way are still listed.
  if (!(cell instanceof CodeCell) || cell.model.isDisposed || writtenStepOf(cell)) {
    return '';
  }
  const { outputs } = cell.model;
  return outputs.length ? missingName(outputs.get(outputs.length - 1).toJSON()) : '';
}

/** A line of words with a button. */
class Bar extends Widget {
  constructor(
    readonly said: string,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-pipes-missing');
    this.node.setAttribute('role', 'status');
    this.node.dataset.lmSuppressShortcuts = 'true';
  }

  /** Say something, with what can be done about it. */
  say(words: string, label: string, act: () => Promise<unknown>): void {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'jp-Button jp-mod-styled jp-mod-accept';
    button.textContent = label;
    button.addEventListener('click', () => {
      button.disabled = true;
      void told(act(), this._trans).then(() => {
        button.disabled = false;
      });
    });
    const hadFocus = this.node.contains(document.activeElement);
    this.node.replaceChildren(words, button);
    if (hadFocus) {
      button.focus();
    }
  }
}
