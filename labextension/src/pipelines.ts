/** Keeps one session for each open notebook, and knows which is in front. */
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Signal, type ISignal } from '@lumino/signaling';
import { PipelineSession } from './session';
import type { IPipelines } from './tokens';

/** The pipelines of the open notebooks. */
export class Pipelines implements IPipelines {
  constructor(private readonly _tracker: INotebookTracker) {
    _tracker.forEach(panel => {
      this._add(panel);
    });
    _tracker.widgetAdded.connect((_, panel) => {
      this._add(panel);
    });
    _tracker.currentChanged.connect(() => {
      // A link that is gone is made anew where it is needed.
      this.current?.come().catch(() => undefined);
      this._currentChanged.emit(this.current);
    });
  }

  get current(): PipelineSession | null {
    const panel = this._tracker.currentWidget;
    return panel && this.of(panel);
  }

  get currentChanged(): ISignal<this, PipelineSession | null> {
    return this._currentChanged;
  }

  get changed(): ISignal<this, PipelineSession> {
    return this._changed;
  }

  /** Emitted with each session when it is made. */
  get added(): ISignal<this, PipelineSession> {
    return this._added;
  }

  of(panel: NotebookPanel): PipelineSession | null {
    return this._sessions.get(panel) ?? null;
  }

  private _add(panel: NotebookPanel): void {
    const session = new PipelineSession(panel);
    this._sessions.set(panel, session);
    session.changed.connect(() => {
      this._changed.emit(session);
    });
    panel.disposed.connect(() => {
      this._sessions.delete(panel);
      session.dispose();
    });
    this._added.emit(session);
  }

  private readonly _sessions = new Map<NotebookPanel, PipelineSession>();
  private readonly _currentChanged = new Signal<this, PipelineSession | null>(this);
  private readonly _changed = new Signal<this, PipelineSession>(this);
  private readonly _added = new Signal<this, PipelineSession>(this);
}
