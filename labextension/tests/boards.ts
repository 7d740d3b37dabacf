/** Boards for tests. */
import type { Translator } from '../src/statuses';
import type { Board, BoardRun, BoardStep } from '../src/wire';

/** A step that waits, but for what is said of it. */
export function stepNamed(name: string, more: Partial<BoardStep> = {}): BoardStep {
  return {
    name,
    cell: null,
    status: 'pending',
    reason: '',
    stale: '',
    stale_word: '',
    started: null,
    seconds: 0,
    share: null,
    progress: '',
    attempts: 0,
    earlier: [],
    queue: 'local',
    host: '',
    source_run: '',
    stage: null,
    upstream: [],
    reads: {},
    writes: [],
    metrics: {},
    notes: [],
    gate: null,
    error: null,
    ...more
  };
}

/** A board without a run. */
export function boardOf(...steps: BoardStep[]): Board {
  return { heading: { pipeline: 'p', version: '1.0.0', run: null }, steps, problems: [] };
}

/** A run of which nothing is told but how it stands. */
export function runNamed(id: string, status: BoardRun['status']): BoardRun {
  return {
    id,
    status,
    reason: '',
    started: 0,
    ended: null,
    parameters: {},
    tally: '',
    waits: ''
  };
}

/** The language of the texts themselves. */
export const ENGLISH: Translator = { __: text => text };
