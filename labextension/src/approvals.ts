/** Tells of steps that wait for approval where nobody sees it, with buttons to approve and to look. */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { told } from './commands';
import type { Front } from './front';
import { waitingSteps } from './model';
import type { PipelineSession } from './session';
import type { PipelineSettings } from './settings';
import type { BoardStep } from './wire';

/** The watch of one notebook. */
export class ApprovalWatch {
  constructor(
    private readonly _session: PipelineSession,
    private readonly _settings: PipelineSettings,
    private readonly _front: Front,
    private readonly _trans: TranslationBundle
  ) {
    _session.changed.connect(this._onChanged, this);
    _session.panel.disposed.connect(() => {
      this._keepOnly(new Map());
    });
  }

  private _onChanged(): void {
    const boards = [...this._session.boards];
    const waiting = boards.map(([pipeline, board]) => [pipeline, waitingSteps(board)] as const);
    this._keepOnly(new Map(waiting.flatMap(([, steps]) => [...steps])));
    for (const [pipeline, steps] of waiting) {
      for (const [gate, step] of steps) {
        if (!this._notified.has(gate)) {
          this._notified.set(gate, this._isTold() ? this._notify(step, pipeline) : null);
        }
      }
    }
  }

  /** Take away what is told of gates that wait no longer, whoever answered them. */
  private _keepOnly(waiting: ReadonlyMap<string, BoardStep>): void {
    for (const [gate, notification] of this._notified) {
      if (!waiting.has(gate)) {
        this._notified.delete(gate);
        if (notification !== null) {
          Notification.dismiss(notification);
        }
      }
    }
  }

  private _isTold(): boolean {
    return this._settings.now.notifications !== 'none' && !this._front.hasNotebook(this._session);
  }

  private _notify(step: BoardStep, pipeline: string): string {
    const name = this._session.boards.get(pipeline)?.heading.pipeline ?? '';
    const words = this._trans.__('%1: %2 %3', name, step.name, step.reason);
    const approve = (): void => {
      const answer = { ask: 'answer gate', step: step.name, approved: true, reason: '' } as const;
      void told(this._session.ask(answer, pipeline), this._trans);
    };
    const show = (): void => {
      this._front.bring(this._session, step, pipeline);
    };
    return Notification.info(words, {
      autoClose: false,
      actions: [
        { label: this._trans.__('Approve'), callback: approve },
        { label: this._trans.__('Show'), callback: show }
      ]
    });
  }

  /** Gate -> its notification; null for one that was seen when it came. */
  private readonly _notified = new Map<string, string | null>();
}
