/** What steps and runs are called by their status, in the user's language. Pure. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { LOOKS, STALE } from './wire';
import type { BoardStep, Status } from './wire';

/** What translates a text. */
export type Translator = Pick<TranslationBundle, '__'>;

/** A status in a word: `completed`. */
export function statusWord(status: Status, trans: Translator): string {
  // Each stands here as a text of its own, so that translators are given it.
  const words: Record<Status, string> = {
    pending: trans.__('pending'),
    queued: trans.__('queued'),
    running: trans.__('running'),
    completed: trans.__('completed'),
    cached: trans.__('cached'),
    failed: trans.__('failed'),
    skipped: trans.__('skipped'),
    cancelled: trans.__('cancelled'),
    interrupted: trans.__('interrupted')
  };
  return words[status];
}

/** A status with its icon: `✓ completed`. */
export function statusText(status: Status, trans: Translator): string {
  return `${LOOKS[status].icon} ${statusWord(status, trans)}`;
}

/** What a stale step is called: `stale`, or `may be stale`. */
export function staleWord(step: BoardStep, trans: Translator): string {
  return isMaybeStale(step) ? trans.__('may be stale') : trans.__('stale');
}

/** The same with its icon: `△ stale`. */
export function staleText(step: BoardStep, trans: Translator): string {
  return `${STALE.icon} ${staleWord(step, trans)}`;
}

/** Whether a step is stale only if a step above it gives other outputs: that is drawn lighter. */
export function isMaybeStale(step: BoardStep): boolean {
  return Boolean(step.stale) && step.stale_word !== STALE.word;
}
