/** The slim header of each cell that is a step: name, status, time, stale; live, and kept over scrolling and moving. */
import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import { stepOfCell } from './model';
import { stepNameOf } from './notebook';
import { Widget, type PanelLayout } from '@lumino/widgets';
import type { PipelineSession } from './session';
import { durationText, secondsOf, spoken } from './words';
import { LOOKS, STALE } from './wire';
import type { BoardStep } from './wire';

const TICK_MILLISECONDS = 1000;

/** The headers of one notebook's steps. */
export class StepHeaders {
  constructor(
    private readonly _session: PipelineSession,
    private readonly _trans: TranslationBundle
  ) {
    const notebook = _session.panel.content;
    _session.changed.connect(this._request, this);
    notebook.activeCellChanged.connect(this._onActive, this);
    notebook.modelContentChanged.connect(this._request, this);
    _session.panel.disposed.connect(() => {
      clearInterval(this._clock);
    });
    this._refresh();
  }

  private _onActive(_: unknown, cell: Cell | null): void {
    const step = stepNameOf(cell);
    if (step) {
      this._session.select(step);
    }
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
    for (const cell of this._session.panel.content.widgets) {
      const step = stepOfCell(this._session.board, cell.model.id);
      const name = step?.name ?? stepNameOf(cell);
      if (name) {
        this._show(cell, name, step);
        isRunning ||= step?.status === 'running';
      } else {
        this._remove(cell);
      }
    }
    this._tick(isRunning);
  }

  private _show(cell: Cell, name: string, step: BoardStep | undefined): void {
    let header = this._headers.get(cell);
    if (!header) {
      header = new StepHeader();
      this._headers.set(cell, header);
      cell.disposed.connect(() => this._headers.delete(cell));
      // As a widget of the cell's layout: a bare element would shift the places of the cell's own widgets.
      (cell.layout as PanelLayout).insertWidget(0, header);
    }
    header.showStep(name, step, this._session.now, this._trans);
  }

  private _remove(cell: Cell): void {
    const header = this._headers.get(cell);
    if (header) {
      this._headers.delete(cell);
      header.dispose();
    }
  }

  private _tick(isRunning: boolean): void {
    if (isRunning && this._clock === undefined) {
      this._clock = window.setInterval(() => {
        this._refresh();
      }, TICK_MILLISECONDS);
    } else if (!isRunning) {
      clearInterval(this._clock);
      this._clock = undefined;
    }
  }

  private readonly _headers = new Map<Cell, StepHeader>();
  private _clock: number | undefined;
  private _isDue = false;
}

/** The header of one cell. */
class StepHeader extends Widget {
  constructor() {
    super();
    this.addClass('jp-pipes-header');
    this.node.setAttribute('role', 'group');
    this.node.append(this._name, this._status, this._took, this._stale, this._bar);
    this._name.className = 'jp-pipes-name';
    this._status.className = 'jp-pipes-status';
    this._took.className = 'jp-pipes-took';
    this._stale.className = 'jp-pipes-stale';
    this._stale.dataset.jupyterPipesStatus = 'stale';
    this._bar.className = 'jp-pipes-bar';
  }

  /** Show how the step stands; undefined when the kernel told nothing of it. */
  showStep(name: string, step: BoardStep | undefined, now: number, trans: TranslationBundle): void {
    const look = step && LOOKS[step.status];
    const took = step ? step.progress || timeText(step, now) : '';
    this.node.dataset.jupyterPipesStatus = step?.status ?? 'pending';
    this.node.setAttribute('aria-label', step ? spoken(step) : name);
    this.node.title = step?.reason ?? '';
    put(this._name, name);
    put(this._status, look ? `${look.icon} ${look.word}` : trans.__('not loaded'));
    put(this._took, took);
    put(this._stale, step?.stale ? `${STALE.icon} ${STALE.word}: ${step.stale}` : '');
    this._stale.title = step?.stale ?? '';
    this._bar.style.width = step?.status === 'running' ? `${(step.share ?? 0) * 100}%` : '0';
  }

  private readonly _name = document.createElement('span');
  private readonly _status = document.createElement('span');
  private readonly _took = document.createElement('span');
  private readonly _stale = document.createElement('span');
  private readonly _bar = document.createElement('span');
}

function timeText(step: BoardStep, now: number): string {
  const seconds = secondsOf(step, now);
  return seconds > 0 ? durationText(seconds) : '';
}

/** Set a text only where it differs: a page that does not change is not laid out again. */
function put(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
