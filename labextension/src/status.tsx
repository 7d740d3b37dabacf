/** The item in the status bar: how the run of the notebook in front stands; a click jumps to the running or failed step. */
import { VDomModel, VDomRenderer } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { JSX } from 'react';
import { eachSecond } from './clock';
import { CommandIDs } from './commands';
import { isRunning } from './model';
import type { IPipelines } from './tokens';
import { countsOf, runLine, SOME_SECONDS } from './words';

/** What the item says. */
class RunLine extends VDomModel {
  constructor(
    private readonly _pipelines: IPipelines,
    private readonly _trans: TranslationBundle
  ) {
    super();
    _pipelines.changed.connect(this._refresh, this);
    _pipelines.currentChanged.connect(this._refresh, this);
  }

  text = '';

  override dispose(): void {
    this._end?.();
    super.dispose();
  }

  private _refresh(): void {
    const session = this._pipelines.current;
    this._tick(isRunning(session?.board ?? null));
    const line = session?.board ? runLine(session.board, session.now, this._trans) : '';
    const name =
      session && session.choices.length > 1 ? `${session.board?.heading.pipeline}: ` : '';
    const text = line && name + line;
    if (text !== this.text) {
      this.text = text;
      this.stateChanged.emit();
    }
  }

  private _tick(isCounting: boolean): void {
    if (isCounting) {
      this._end ??= eachSecond(() => {
        const { board = null, now = 0 } = this._pipelines.current ?? {};
        const counts = countsOf(board, now, SOME_SECONDS);
        if (counts !== this._counts) {
          this._counts = counts;
          this._refresh();
        }
      });
    } else {
      this._end?.();
      this._end = undefined;
    }
  }

  private _end: (() => void) | undefined;
  private _counts = '';
}

/** The item. */
export class StatusItem extends VDomRenderer<RunLine> {
  constructor(
    pipelines: IPipelines,
    private readonly _commands: CommandRegistry,
    private readonly _trans: TranslationBundle
  ) {
    super(new RunLine(pipelines, _trans));
    this.addClass('jp-pipes-statusbar');
  }

  protected override render(): JSX.Element | null {
    if (!this.model.text) {
      return null;
    }
    return (
      <button
        type="button"
        title={this._trans.__('Pipeline: show the running or failed step')}
        onClick={() => {
          this._show();
        }}
      >
        {this.model.text}
      </button>
    );
  }

  private _show(): void {
    const { showRunning, openPanel } = CommandIDs;
    void this._commands.execute(this._commands.isEnabled(showRunning) ? showRunning : openPanel);
  }
}
