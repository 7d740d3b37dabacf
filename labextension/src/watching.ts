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
    for (const [pipeline, board] of this._session.boards) {
      const happened = turn(this._before.get(pipeline) ?? null, board);
      const { run } = board.heading;
      if (happened === 'began') {
        Notification.dismiss(this._told);
        this._began.set(pipeline, this._session.now);
        this._open('run');
      } else if (happened === 'ended' && run) {
        this._onEnded(pipeline, board, run);
      }
    }
    this._before = this._session.boards;
  }

  private _onEnded(pipeline: string, board: Board, run: BoardRun): void {
    const { notifications, notifyAfter } = this._settings.now;
    const hasFailed = run.status === 'failed';
    if (hasFailed) {
      this._open('failure');
    }
    const isTold = notifications === 'all' || (notifications === 'failures' && hasFailed);
    const ended = run.ended ?? run.started;
    // Of a sweep all its runs together count: nobody waits for one of them.
    const began = this._began.get(pipeline) ?? 0;
    const seconds = ended - (board.heading.sweep && began ? began : run.started);
    if (isTold && (seconds >= notifyAfter || (hasFailed && !this._isSeen(pipeline, board)))) {
      this._told = this._notify(
        pipeline,
        board,
        run,
        durationText(seconds).replaceAll(' ', NO_BREAK)
      );
    }
  }

  /** Whether the failure is before the user's eyes: at the step's cell, or in the panel. */
  private _isSeen(pipeline: string, board: Board): boolean {
    const { panel } = this._session;
    if (!this._front.hasNotebook(this._session)) {
      return false;
    }
    const cell = stepToLookAt(board)?.cell;
    const isInPanel = this._front.hasPanel() && this._session.pipeline === pipeline;
    return isInPanel || Boolean(cell && isInView(panel.content, cell));
  }

  /** Open the panel once for this notebook, where both have room: who closes it has seen it. */
  private _open(when: 'run' | 'failure'): void {
    const isWanted = this._settings.now.openPanel === when && !this._hasOpened;
    if (isWanted && this._front.hasRoom(this._session)) {
      this._hasOpened = true;
      this._front.openPanel();
    }
  }

  private _notify(pipeline: string, board: Board, run: BoardRun, took: string): string {
    const { pipeline: name, sweep } = board.heading;
    const words = sweep
      ? this._trans.__('%1: sweep over after %2 runs and %3', name, sweep.number, took)
      : this._trans.__('%1: %2 after %3', name, statusWord(run.status, this._trans), took);
    const failed = board.steps.find(step => step.status === 'failed');
    if (failed) {
      const label = this._trans.__('Show %1', failed.name);
      const callback = (): void => {
        this._front.bring(this._session, failed, pipeline);
      };
      const actions = [{ label, callback }];
      // What the run was told to ignore is no alarm.
      return run.status === 'failed' || sweep
        ? Notification.error(words, { autoClose: false, actions })
        : Notification.warning(words, { autoClose: SHOWN_MILLISECONDS, actions });
    }
    return run.status === 'completed'
      ? Notification.success(words, { autoClose: SHOWN_MILLISECONDS })
      : Notification.warning(words, { autoClose: SHOWN_MILLISECONDS });
  }

  private _told = '';
  /** Pipeline -> when what goes on began, by the kernel's clock; none if nobody saw that. */
  private readonly _began = new Map<string, number>();
  private _before: ReadonlyMap<string, Board> = new Map();
  private _hasOpened = false;
}
