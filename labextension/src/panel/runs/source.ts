/** Where kept runs come from: a kernel's link, or whatever else answers the same requests. */
import { useEffect, useState } from 'react';
import type { Body } from '../../link';
import type { Answers } from '../../wire';
import { wordsOf, type Asked } from '../asking';

/** What can be asked about kept runs without a kernel. */
export type KeptAsk =
  | 'runs'
  | 'open run'
  | 'look at step'
  | 'compare runs'
  | 'tag run'
  | 'rename run'
  | 'archive run'
  | 'timeline'
  | 'sweep';

/** What only a kernel does: it runs them again. */
export type AgainAsk = 'repeat run' | 'resume run';

/** Answers about kept runs; a session is one. */
export interface RunSource {
  ask<K extends KeptAsk | AgainAsk>(request: Body<K>): Promise<Answers[K]>;
}

const NOTHING: Asked<never> = { answer: null, problem: '' };

/** Ask, and ask again when the request or the occasion is another. */
export function useKept<K extends KeptAsk>(
  source: RunSource,
  request: Body<K>,
  occasion: string
): Asked<Answers[K]> {
  const [asked, setAsked] = useState<Asked<Answers[K]>>(NOTHING);
  const text = JSON.stringify(request);
  useEffect(() => {
    let isCurrent = true;
    source.ask(JSON.parse(text) as Body<K>).then(
      answer => {
        if (isCurrent) {
          setAsked({ answer, problem: '' });
        }
      },
      (error: unknown) => {
        if (isCurrent) {
          setAsked(before => ({ ...before, problem: wordsOf(error) }));
        }
      }
    );
    return () => {
      isCurrent = false;
    };
  }, [source, text, occasion]);
  return asked;
}

/** A number that changes every so many seconds, while the page is looked at. */
export function useBeat(seconds: number): number {
  const [beat, setBeat] = useState(0);
  useEffect(() => {
    const clock = window.setInterval(() => {
      if (!document.hidden) {
        setBeat(count => count + 1);
      }
    }, seconds * 1000);
    return () => {
      window.clearInterval(clock);
    };
  }, [seconds]);
  return beat;
}
