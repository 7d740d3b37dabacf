/** One notebook's pipeline: its link with the kernel, kept up over restarts, and what is known and selected. */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { Link } from './link';
import { fold, MessageMissing, type Known } from './model';
import { cellsOf, hasSteps } from './notebook';
import type { Answers, Board, BoardMessage, Message } from './wire';

type Request = Message['request'];
type Ask = Request['ask'];

/** How the link stands: `idle` before anybody needs it, `failed` with a reason. */
export type LinkState = 'idle' | 'connecting' | 'live' | 'failed';

const EDIT_MILLISECONDS = 400;

/** The pipeline of one notebook. */
export class PipelineSession implements IDisposable {
  constructor(readonly panel: NotebookPanel) {
    const context = panel.sessionContext;
    context.kernelChanged.connect(this._onKernel, this);
    context.statusChanged.connect(this._onStatus, this);
    context.connectionStatusChanged.connect(this._onConnection, this);
    panel.content.modelContentChanged.connect(this._onEdited, this);
    // The kernel keeps who listens until it is told.
    window.addEventListener('pagehide', this._onLeave);
    void Promise.all([context.ready, panel.revealed]).then(() => {
      this._connectIfNeeded();
    });
  }

  /** Emitted when something that is shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get state(): LinkState {
    return this._state;
  }

  /** Why the link failed, in words; "" unless it did. */
  get failure(): string {
    return this._failure;
  }

  /** What the kernel told; null before it did. */
  get board(): Board | null {
    return this._known?.board ?? null;
  }

  /** The name of the selected step; "" for none. */
  get selected(): string {
    return this._selected;
  }

  /** The id of the tab that the panel shows of it; "" for the first. */
  get tab(): string {
    return this._tab;
  }

  /** Whether the notebook has steps, known or only written. */
  get hasSteps(): boolean {
    return Boolean(this.board?.steps.length) || hasSteps(this.panel.content);
  }

  /** Seconds since 1970 by the kernel's clock. */
  get now(): number {
    return Date.now() / 1000 + this._ahead;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      window.removeEventListener('pagehide', this._onLeave);
      this._edited.dispose();
      this._drop();
      Signal.clearData(this);
    }
  }

  /** Select a step, or none by "". */
  select(step: string): void {
    if (step !== this._selected) {
      this._selected = step;
      this._changed.emit();
    }
  }

  /** Have the panel show a tab of it. */
  showTab(tab: string): void {
    if (tab !== this._tab) {
      this._tab = tab;
      this._changed.emit();
    }
  }

  /** Ask the kernel; the magics are loaded and the cells are told first where they are not. */
  async ask<K extends Ask>(request: Extract<Request, { ask: K }>): Promise<Answers[K]> {
    const link = await this.connect();
    if (request.ask !== 'cells' && !this._areCellsTold) {
      await this._tellCells(link);
    }
    return link.ask(request);
  }

  /** Open the link, if it is not open. */
  async connect(): Promise<Link> {
    this._opening ??= this._open().catch((error: unknown) => {
      this._opening = null;
      this._set('failed', error instanceof Error ? error.message : String(error));
      throw error;
    });
    return this._opening;
  }

  private async _open(): Promise<Link> {
    // A click may come before the kernel is there.
    await this.panel.sessionContext.ready;
    const kernel = this.panel.sessionContext.session?.kernel;
    if (!kernel) {
      throw new Error('this notebook has no kernel: choose one');
    }
    this._set('connecting');
    const link = await Link.open(kernel, this._onMessage, this._onClose);
    await this._tellCells(link);
    this._set('live');
    return link;
  }

  private async _tellCells(link: Link): Promise<void> {
    this._areCellsTold = true;
    await link.ask({ ask: 'cells', cells: cellsOf(this.panel.content) });
  }

  private readonly _onMessage = (message: BoardMessage): void => {
    try {
      this._known = fold(this._known, message);
      this._ahead = message.time - Date.now() / 1000;
      this._changed.emit();
    } catch (error) {
      if (!(error instanceof MessageMissing)) {
        throw error;
      }
      this._reconnect();
    }
  };

  private readonly _onClose = (): void => {
    this._drop();
    this._set('idle');
  };

  private readonly _onLeave = (): void => {
    this._drop();
  };

  private _onKernel(): void {
    this._drop();
    this._known = null;
    this._set('idle');
    this._connectIfNeeded();
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this._drop();
      this._known = null;
      this._set('idle');
      this._isRestarting = status !== 'dead';
    } else if (this._isRestarting && status === 'idle') {
      this._isRestarting = false;
      this._connectIfNeeded();
    }
  }

  private _onConnection(_: ISessionContext, status: Kernel.ConnectionStatus): void {
    if (status === 'connected' && this._state === 'live') {
      // What was told while nobody listened is lost.
      this._reconnect();
    }
  }

  private _onEdited(): void {
    this._areCellsTold = false;
    this._edited.invoke().catch(() => undefined);
  }

  private async _onPause(): Promise<void> {
    this._changed.emit();
    if (this._state === 'live') {
      const link = await this.connect();
      await this._tellCells(link);
    } else {
      this._connectIfNeeded();
    }
  }

  private _connectIfNeeded(): void {
    if (!this._isDisposed && this._state === 'idle' && this.panel.sessionContext.session?.kernel) {
      if (hasSteps(this.panel.content)) {
        // What failed is shown where it is asked for.
        this.connect().catch(() => undefined);
      }
    }
  }

  private _reconnect(): void {
    this._drop();
    this._set('idle');
    this._connectIfNeeded();
  }

  private _drop(): void {
    const opening = this._opening;
    this._opening = null;
    this._areCellsTold = false;
    opening?.then(
      link => {
        link.close();
      },
      () => undefined
    );
  }

  private _set(state: LinkState, failure = ''): void {
    this._state = state;
    this._failure = failure;
    this._changed.emit();
  }

  private _known: Known | null = null;
  private _state: LinkState = 'idle';
  private _failure = '';
  private _selected = '';
  private _tab = '';
  private _ahead = 0;
  private _areCellsTold = false;
  private _isRestarting = false;
  private _isDisposed = false;
  private _opening: Promise<Link> | null = null;
  private readonly _edited = new Debouncer(() => this._onPause(), EDIT_MILLISECONDS);
  private readonly _changed = new Signal<this, void>(this);
}
