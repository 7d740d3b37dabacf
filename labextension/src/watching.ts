/** Watches the runs of one notebook: opens the panel when one begins, and tells of an end that may go unseen. */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Front } from './front';
import { stepToLookAt, turn } from './model';
import { isInView } from './notebook';
import type { PipelineSession } from './session';
import type { PipelineSettings } from './settings';
import { statusWord } from './statuses';
import type { Board, BoardRun } from './wire';
import { durationText } from './words';

/** How long it is said; without a time Lab would only count it beside its bell. */
const SHOWN_MILLISECONDS = 10_000;
const NO_BREAK = '\u00a0';

/** The watch of one notebook. */
export class RunWatch {
  constructor(
    private readonly _session: PipelineSession,
    private readonly _settings: PipelineSettings,
    private readonly _front: Front,
    private readonly _trans: TranslationBundle
  ) {
    _session.changed.connect(this._onChanged, this);
  }

  private _onChanged(): void {
    const { board } = this._session;
    const happened = turn(this._before, board);
    this._before = board;
    const run = board?.heading.run;
    if (happened === 'began') {
      Notification.dismiss(this._told);
      this._began = this._session.now;
      this._open('run');
    } else if (happened === 'ended' && run) {
      this._onEnded(run);
    }
  }

  private _onEnded(run: BoardRun): void {
    const { notifications, notifyAfter } = this._settings.now;
    const hasFailed = run.status === 'failed';
    if (hasFailed) {
      this._open('failure');
    }
    const isTold = notifications === 'all' || (notifications === 'failures' && hasFailed);
    const ended = run.ended ?? run.started;
    // Of a sweep all its runs together count: nobody waits for one of them.
    const isSweep = this._session.board?.heading.sweep && this._began;
    const seconds = ended - (isSweep ? this._began : run.started);
    if (isTold && (seconds >= notifyAfter || (hasFailed && !this._isSeen()))) {
      this._told = this._notify(run, durationText(seconds).replaceAll(' ', NO_BREAK));
    }
  }

  /** Whether the failure is before the user's eyes: at the step's cell, or in the panel. */
  private _isSeen(): boolean {
    const { panel, board } = this._session;
    if (!this._front.hasNotebook(this._session)) {
      return false;
    }
    const cell = stepToLookAt(board)?.cell;
    return this._front.hasPanel() || Boolean(cell && isInView(panel.content, cell));
  }

  /** Open the panel once for this notebook, where both have room: who closes it has seen it. */
  private _open(when: 'run' | 'failure'): void {
    const isWanted = this._settings.now.openPanel === when && !this._hasOpened;
    if (isWanted && this._front.hasRoom(this._session)) {
      this._hasOpened = true;
      this._front.openPanel();
    }
  }

  private _notify(run: BoardRun, took: string): string {
    const { pipeline } = this._session.board?.heading ?? { pipeline: '' };
    const sweep = this._session.board?.heading.sweep;
    const words = sweep
      ? this._trans.__('%1: sweep over after %2 runs and %3', pipeline, sweep.number, took)
      : this._trans.__('%1: %2 after %3', pipeline, statusWord(run.status, this._trans), took);
    const failed = this._session.board?.steps.find(step => step.status === 'failed');
    if (failed) {
      const label = this._trans.__('Show %1', failed.name);
      const callback = (): void => {
        this._front.bring(this._session, failed);
      };
      return Notification.error(words, { autoClose: false, actions: [{ label, callback }] });
    }
    return run.status === 'completed'
      ? Notification.success(words, { autoClose: SHOWN_MILLISECONDS })
      : Notification.warning(words, { autoClose: SHOWN_MILLISECONDS });
  }

  private _told = '';
  /** When what goes on began, by the kernel's clock; 0 if nobody saw that. */
  private _began = 0;
  private _before: Board | null = null;
  private _hasOpened = false;
}
