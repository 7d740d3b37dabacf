/** One notebook's pipeline: its link with the kernel, kept up over restarts, and what is known and selected. */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { PromiseDelegate, UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { Boards } from './boards';
import { keptBoards, keptGraph } from './kept';
import { begun, kernelOf } from './kernels';
import { Disconnected, Link, olderText } from './link';
import { isRunning, MessageMissing } from './model';
import { cellsOf, hasSteps, pipelinesOf, writtenStepOf } from './notebook';
import { isOlder } from './versions';
import { PACKAGE } from './wire';
import type { Answers, ArrangeGraph, Board, BoardMessage, Message } from './wire';

type Request = Message['request'];
type Ask = Request['ask'];
/** What is rejected when a link is dropped. */
type Dropped = PromiseDelegate<never>;

/** How the link stands: `idle` before anybody needs it, `failed` with a reason. */
export type LinkState = 'idle' | 'connecting' | 'live' | 'failed';

const EDIT_MILLISECONDS = 400;
const KEPT_MILLISECONDS = 2000;
/** How often something is asked for whose answer is lost on the way. */
const TRIES = 3;
/** What is done with the cells that the kernel was told last. */
const RUNS: ReadonlySet<Ask> = new Set(['run', 'run stale', 'start sweep'] as const);

/** The pipeline of one notebook. */
export class PipelineSession implements IDisposable {
  constructor(readonly panel: NotebookPanel) {
    const context = panel.sessionContext;
    context.kernelChanged.connect(this._onKernel, this);
    context.statusChanged.connect(this._onStatus, this);
    context.connectionStatusChanged.connect(this._onConnection, this);
    panel.content.modelContentChanged.connect(this._onEdited, this);
    this._begun = begun(panel);
    // The kernel keeps who listens until it is told.
    window.addEventListener('pagehide', this._onLeave);
    // A kernel that is busy may let Lab itself wait.
    void panel.revealed.then(() => this._showKept());
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

  /** Whether the board is what the server keeps, as the kernel has not told it yet. */
  get isKept(): boolean {
    return this._isKept;
  }

  /** What is to be done about a kernel whose package is older than this extension; "" unless it is. */
  get outdated(): string {
    return this._outdated;
  }

  /** What the kernel told of the pipeline that is shown, or the server before it did; null where neither has. */
  get board(): Board | null {
    return this._boards.get(this.pipeline) ?? null;
  }

  /** What was told of all pipelines of the notebook, by what `%pipeline use` calls them. */
  get boards(): ReadonlyMap<string, Board> {
    return this._boards;
  }

  /** The pipeline that is shown, as `%pipeline use` calls it; "" for the notebook's own. */
  get pipeline(): string {
    return this._told?.shown ?? this._shown;
  }

  /** The pipelines that can be shown: those with steps, and the one that is. */
  get choices(): readonly string[] {
    const all = [...this._boards];
    return all.flatMap(([name, { steps }]) => (steps.length || name === this.pipeline ? name : []));
  }

  /** Cell -> the pipeline that it belongs to; none where it is the notebook's own, or nobody told of another. */
  get pipelines(): ReadonlyMap<string, string> {
    if (![...this._boards.keys()].some(Boolean)) {
      return new Map();
    }
    const own = this.panel.context.localPath.replace(/^.*\/|\.ipynb$/g, '');
    const written = [...pipelinesOf(this.panel.content)];
    return new Map(written.map(([cell, name]) => [cell, name === own ? '' : name]));
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

  /** The names that steps have: those that are written, and those that are known. */
  get names(): ReadonlySet<string> {
    const written = this.panel.content.widgets.flatMap(cell => writtenStepOf(cell)?.name ?? []);
    return new Set([...written, ...(this.board?.steps.map(step => step.name) ?? [])]);
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
      window.clearTimeout(this._next);
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

  /** Show a pipeline, as `%pipeline use` calls it, until another one comes into use. */
  show(pipeline: string): void {
    if (this._told?.show(pipeline)) {
      this._changed.emit();
    }
  }

  /** Have the panel show a tab of it, as that stands now. */
  showTab(tab: string): void {
    this._tab = tab;
    this._changed.emit();
  }

  /** Ask the kernel of a pipeline; the magics are loaded and the cells are told first where they are not. */
  async ask<K extends Ask>(
    request: Extract<Request, { ask: K }>,
    pipeline = this.pipeline
  ): Promise<Answers[K]> {
    if (request.ask === 'graph' && this._isKept) {
      const layout = await keptGraph(
        this.panel.context.localPath,
        pipeline,
        request as ArrangeGraph
      );
      if (layout) {
        return layout as Answers[K];
      }
    }
    // A run that is asked for once more is started once.
    const key = RUNS.has(request.ask) ? UUID.uuid4() : '';
    for (let left = TRIES - 1; ; left--) {
      try {
        const link = await this._preparedFor(request.ask);
        return await link.ask(request, key, pipeline);
      } catch (error) {
        // While a kernel starts Lab may connect twice.
        if (!(error instanceof Disconnected && left > 0)) {
          throw error;
        }
      }
    }
  }

  /** The link, with all told that the kernel has to know for a request. */
  private async _preparedFor(ask: Ask): Promise<Link> {
    const link = await this.connect();
    // Another notebook on this kernel may have told its own since.
    if (ask !== 'cells' && (!this._areCellsTold || this._isOthers || RUNS.has(ask))) {
      await this._tellCells(link);
    }
    return link;
  }

  /** Open the link, if it is not open, once the kernel is there. */
  async connect(): Promise<Link> {
    try {
      const kernel = await kernelOf(this.panel.sessionContext, this._begun);
      this._opening ??= this._open(kernel);
      return await this._opening;
    } catch (error) {
      // One that was dropped has a successor already.
      if (!(error instanceof Disconnected)) {
        this._opening = null;
        this._set('failed', error instanceof Error ? error.message : String(error));
      }
      throw error;
    }
  }

  private async _open(kernel: Kernel.IKernelConnection): Promise<Link> {
    const dropped = this._dropped;
    this._set('connecting');
    const opening = Link.open(kernel);
    try {
      // What is sent while Lab connects may never be answered.
      const link = await Promise.race([opening, dropped.promise]);
      // A new kernel knows of no steps: a board that it told before would have none.
      await Promise.race([this._tellCells(link), dropped.promise]);
      await Promise.race([this._listen(link, dropped), dropped.promise]);
      this._set('live');
      if (!this._areCellsTold) {
        // They were edited meanwhile, and a pause of that went by.
        await Promise.race([this._tellCells(link), dropped.promise]);
      }
      return link;
    } catch (error) {
      void opening.then(closed, () => undefined);
      throw error;
    }
  }

  /** Listen to a link until it is dropped. */
  private _listen(link: Link, dropped: Dropped): Promise<void> {
    return link.listen(
      message => {
        if (this._dropped === dropped) {
          this._onMessage(message);
        }
      },
      () => {
        if (this._dropped === dropped) {
          this._onClose();
        }
      }
    );
  }

  private async _tellCells(link: Link): Promise<void> {
    const cells = cellsOf(this.panel.content);
    this._areCellsTold = true;
    this._cells = JSON.stringify(cells);
    await link.ask({ ask: 'cells', cells });
  }

  private readonly _onMessage = (message: BoardMessage): void => {
    try {
      if (!this._told || this._isKept) {
        this._told = new Boards(this.pipeline);
      }
      this._told.take(message);
      this._show(this._told.all);
      this._isKept = false;
      if (message.kind === 'shown') {
        this._outdated = isOlder(message.package, PACKAGE) ? olderText(message.package) : '';
      }
      this._ahead = message.time - Date.now() / 1000;
      this._changed.emit();
    } catch (error) {
      if (!(error instanceof MessageMissing)) {
        throw error;
      }
      this._reconnect();
    }
  };

  /** Show boards, unless they are those of another notebook on the same kernel, which told its cells last. */
  private _show(boards: ReadonlyMap<string, Board>): void {
    const cells = new Set(Array.from(this.panel.content.model?.cells ?? [], cell => cell.id));
    const steps = [...boards.values()].flatMap(board => board.steps);
    this._isOthers = steps.length > 0 && !steps.some(step => cells.has(step.cell ?? ''));
    if (!this._isOthers) {
      this._boards = boards;
    }
  }

  /** Have the kernel show this notebook, which is in front now, if it shows another one. */
  async come(): Promise<void> {
    if (this._state === 'live' && this._isOthers) {
      await this._tellCells(await this.connect());
    }
  }

  private readonly _onClose = (): void => {
    this._drop();
    this._set('idle');
  };

  private readonly _onLeave = (): void => {
    this._drop();
  };

  /** Show what the server keeps, as long as no kernel tells more; again and again while that run goes on. */
  private async _showKept(): Promise<void> {
    window.clearTimeout(this._next);
    if (!this._needsKept()) {
      return;
    }
    const isAsked = hasSteps(this.panel.content);
    const shown = isAsked ? await keptBoards(this.panel.context.localPath) : null;
    if (!this._needsKept()) {
      return;
    }
    if (shown) {
      const told = new Boards(this.pipeline);
      shown.forEach(board => {
        told.take(board);
      });
      this._told = told;
      this._boards = told.all;
      this._isKept = true;
      this._ahead = (shown[0]?.time ?? 0) - Date.now() / 1000;
    } else if (!this._isKept) {
      // What a kernel told that is gone.
      this._boards = new Map();
    }
    this._changed.emit();
    if (shown?.some(({ board }) => isRunning(board))) {
      this._next = window.setTimeout(() => void this._showKept(), KEPT_MILLISECONDS);
    }
  }

  private _needsKept(): boolean {
    const isTold = this._told !== null && !this._isKept;
    return !this._isDisposed && !isTold;
  }

  /** Forget what the kernel told: it is gone. It is shown until the server or another kernel tells more. */
  private _forget(): void {
    this._drop();
    this._shown = this.pipeline;
    this._told = null;
    this._outdated = '';
    this._set('idle');
    void this._showKept();
  }

  private _onKernel(): void {
    this._forget();
    this._connectIfNeeded();
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this._forget();
      this._isRestarting = status !== 'dead';
    } else if (this._isRestarting && status === 'idle') {
      this._isRestarting = false;
      this._connectIfNeeded();
    }
  }

  private _onConnection(_: ISessionContext, status: Kernel.ConnectionStatus): void {
    if (status === 'connected' && (this._state === 'live' || this._state === 'connecting')) {
      // What was told while nobody listened is lost, and what was asked.
      this._reconnect();
    }
  }

  private _onEdited(): void {
    this._areCellsTold = false;
    this._edited.invoke().catch(() => undefined);
  }

  private async _onPause(): Promise<void> {
    // Outputs are content as well: they change by themselves.
    if (this._cells === JSON.stringify(cellsOf(this.panel.content))) {
      this._areCellsTold = true;
      return;
    }
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
    this._cells = '';
    this._dropped.reject(new Disconnected());
    this._dropped = undecided();
    void opening?.then(closed, () => undefined);
  }

  private _set(state: LinkState, failure = ''): void {
    this._state = state;
    this._failure = failure;
    this._changed.emit();
  }

  private readonly _begun: Promise<void>;
  private _told: Boards | null = null;
  private _boards: ReadonlyMap<string, Board> = new Map();
  /** What is shown while nobody tells of any pipeline. */
  private _shown = '';
  private _isKept = false;
  private _isOthers = false;
  private _outdated = '';
  private _next: number | undefined;
  private _state: LinkState = 'idle';
  private _failure = '';
  private _selected = '';
  private _tab = '';
  private _ahead = 0;
  private _areCellsTold = false;
  /** What the kernel was told of them last, as text. */
  private _cells = '';
  private _isRestarting = false;
  private _isDisposed = false;
  private _opening: Promise<Link> | null = null;
  private _dropped = undecided();
  private readonly _edited = new Debouncer(() => this._onPause(), EDIT_MILLISECONDS);
  private readonly _changed = new Signal<this, void>(this);
}

function closed(link: Link): void {
  link.close();
}

/** One that nobody need wait for. */
function undecided(): Dropped {
  const delegate = new PromiseDelegate<never>();
  delegate.promise.catch(() => undefined);
  return delegate;
}
