/** What other extensions may ask for: the pipelines of the notebooks that are open. */
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { PipelineSession } from './session';

/** The pipelines of the open notebooks, one session for each. */
export interface IPipelines {
  /** The session of the notebook that is in front; null without one. */
  readonly current: PipelineSession | null;
  /** Emitted when another notebook comes to the front. */
  readonly currentChanged: ISignal<IPipelines, PipelineSession | null>;
  /** Emitted when anything that a session shows has changed. */
  readonly changed: ISignal<IPipelines, PipelineSession>;
  /** The session of a notebook. */
  of(panel: NotebookPanel): PipelineSession | null;
}

export const IPipelines = new Token<IPipelines>(
  'jupyter_pipes:IPipelines',
  'The pipelines of the notebooks that are open.'
);
