/** Follows the log of an attempt: asked for again as long as its step runs. */
import { useEffect, useState } from 'react';
import type { PipelineSession } from '../../session';
import type { LogFollowed } from '../../wire';
import { wordsOf } from '../asking';

const POLL_MILLISECONDS = 700;

/** What is followed. */
export interface Followed {
  readonly step: string;
  /** Its number; null for the latest one. */
  readonly attempt: number | null;
  readonly isWhole: boolean;
}

/** A log as far as it came, or why there is none. */
export interface LogState {
  /** Of what it is. */
  readonly of: string;
  readonly log: LogFollowed | null;
  readonly text: string;
  readonly problem: string;
}

const NOTHING: LogState = { of: '', log: null, text: '', problem: '' };

/**
 * The log of an attempt.
 *
 * @param occasion begun again when it changes: the status of the step, and how many attempts there are
 */
export function useLog(
  session: PipelineSession,
  { step, attempt, isWhole }: Followed,
  isLive: boolean,
  occasion: string
): LogState {
  const [state, setState] = useState(NOTHING);
  const of = JSON.stringify([step, attempt, isWhole]);
  useEffect(() => {
    let isCurrent = true;
    let clock = 0;
    let seen = -1;
    const take = (log: LogFollowed): void => {
      if (isCurrent) {
        seen = log.size;
        setState(before => ({ of, log, text: log.text ?? before.text, problem: '' }));
        clock = isLive ? window.setTimeout(follow, POLL_MILLISECONDS) : 0;
      }
    };
    const follow = (): void => {
      session
        .ask({ ask: 'follow log', step, attempt, seen, is_whole: isWhole })
        .then(take, (error: unknown) => {
          if (isCurrent) {
            setState({ ...NOTHING, of, problem: wordsOf(error) });
          }
        });
    };
    if (step) {
      follow();
    }
    return () => {
      isCurrent = false;
      window.clearTimeout(clock);
    };
  }, [session, step, attempt, isWhole, isLive, occasion, of]);
  // What was there of another step is not this one's.
  return state.of === of ? state : NOTHING;
}
