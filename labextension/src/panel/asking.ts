/** What a component asked the kernel: the answer, or why there is none. */
import { useEffect, useState } from 'react';
import type { Ask, Body } from '../link';
import type { PipelineSession } from '../session';
import type { Answers } from '../wire';

/** How a question stands; the answer before stays until the next one is there. */
export interface Asked<T> {
  readonly answer: T | null;
  readonly problem: string;
}

const NOTHING: Asked<never> = { answer: null, problem: '' };

/**
 * Ask, and ask again when the request is another one.
 *
 * @param request null asks nothing
 * @param occasion asked again when it changes
 */
export function useAnswer<K extends Ask>(
  session: PipelineSession,
  request: Body<K> | null,
  occasion = ''
): Asked<Answers[K]> {
  const [asked, setAsked] = useState<Asked<Answers[K]>>(NOTHING);
  const text = JSON.stringify(request);
  useEffect(() => {
    const question = JSON.parse(text) as Body<K> | null;
    if (!question) {
      setAsked(NOTHING);
      return undefined;
    }
    let isCurrent = true;
    session.ask(question).then(
      answer => {
        if (isCurrent) {
          setAsked({ answer, problem: '' });
        }
      },
      (error: unknown) => {
        if (isCurrent) {
          setAsked({ answer: null, problem: wordsOf(error) });
        }
      }
    );
    return () => {
      isCurrent = false;
    };
  }, [session, text, occasion]);
  return asked;
}

/** What an error says. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
