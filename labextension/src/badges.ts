/** The headers of one notebook's steps: live, and kept over scrolling and moving. */
import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { PanelLayout } from '@lumino/widgets';
import { StepHeader } from './cells/header';
import { headerWords, type WrittenCell } from './cells/words';
import { eachSecond } from './clock';
import { stepNameOf, writtenStepOf } from './notebook';
import type { PipelineSession } from './session';
import { countsOf, SOME_SECONDS } from './words';

/** The headers of one notebook's steps. */
export class StepHeaders {
  constructor(
    private readonly _session: PipelineSession,
    private readonly _commands: CommandRegistry,
    private readonly _trans: TranslationBundle
  ) {
    const notebook = _session.panel.content;
    _session.changed.connect(this._request, this);
    notebook.activeCellChanged.connect(this._onActive, this);
    notebook.modelContentChanged.connect(this._request, this);
    _session.panel.disposed.connect(() => {
      this._tick(false);
    });
    this._refresh();
  }

  private _onActive(_: unknown, cell: Cell | null): void {
    const step = stepNameOf(cell);
    if (step && cell) {
      this._session.show(this._session.pipelines.get(cell.model.id) ?? '');
      this._session.select(step);
    }
    this._request();
  }

  /** Refresh before the next frame is drawn, once, however much changes until then. */
  private _request(): void {
    if (!this._isDue) {
      this._isDue = true;
      requestAnimationFrame(() => {
        this._isDue = false;
        this._refresh();
      });
    }
  }

  private _refresh(): void {
    if (this._session.isDisposed || this._session.panel.isDisposed) {
      return;
    }
    let isRunning = false;
    const pipelines = this._session.pipelines;
    for (const cell of this._session.panel.content.widgets) {
      const written = writtenStepOf(cell);
      if (written) {
        const pipeline = pipelines.get(written.id) ?? '';
        isRunning = this._show(cell, written, pipeline) || isRunning;
      } else {
        this._remove(cell);
      }
    }
    this._tick(isRunning);
  }

  /** Show a step's header; returns whether it counts seconds. */
  private _show(cell: Cell, written: WrittenCell, pipeline: string): boolean {
    let header = this._headers.get(cell);
    if (!header) {
      header = new StepHeader(this._commands, this._trans);
      this._headers.set(cell, header);
      cell.disposed.connect(() => this._headers.delete(cell));
      // As a widget of the cell's layout: a bare element would shift the places of the cell's own widgets.
      (cell.layout as PanelLayout).insertWidget(0, header);
    }
    const { boards, state, now, panel } = this._session;
    const board = boards.get(pipeline) ?? null;
    const words = headerWords(written, board, state === 'live', now, this._trans);
    const place = { step: written.name, pipeline };
    header.showStep(place, words, panel.content.activeCell === cell);
    return words.status === 'running';
  }

  private _remove(cell: Cell): void {
    const header = this._headers.get(cell);
    if (header) {
      this._headers.delete(cell);
      header.dispose();
    }
  }

  private _tick(isRunning: boolean): void {
    if (isRunning) {
      this._end ??= eachSecond(() => {
        const { boards, now, panel } = this._session;
        const counts = [...boards.values()].map(board => countsOf(board, now, SOME_SECONDS)).join();
        if (panel.isVisible && counts !== this._counts) {
          this._counts = counts;
          this._refresh();
        }
      });
    } else {
      this._end?.();
      this._end = undefined;
    }
  }

  private readonly _headers = new Map<Cell, StepHeader>();
  private _end: (() => void) | undefined;
  private _counts = '';
  private _isDue = false;
}
