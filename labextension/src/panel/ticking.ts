/** What is drawn again as time goes on, when a count of it changes. */
import { createContext, useContext, useEffect, useState } from 'react';
import { eachSecond } from '../clock';
import { isRunning } from '../model';
import type { PipelineSession } from '../session';
import { countsOf } from '../words';

/** Behind the first ten seconds, so many lie between two pictures of a table or a graph that goes on. */
const DEAR = 10;

/** Whether what is drawn can be seen: a panel that is closed keeps what it draws. */
export const Seen = createContext(true);

/** Draw again while a run goes on when one of its counts changes; returns them. */
export function useCounts(session: PipelineSession, every = DEAR): string {
  const isCounting = useContext(Seen) && isRunning(session.board);
  const [counts, setCounts] = useState('');
  useEffect(
    () =>
      isCounting
        ? eachSecond(() => {
            setCounts(countsOf(session.board, session.now, every));
          })
        : undefined,
    [isCounting, session, every]
  );
  return counts;
}
