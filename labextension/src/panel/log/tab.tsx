/** The tab "Log": what a step prints, live, with its colours; traceback lines lead to their cells. */
import type { JSX } from 'react';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { revealLine } from '../../notebook';
import type { PipelineSession } from '../../session';
import type { Board } from '../../wire';
import type { TabProps } from '../tabs';
import { WhereItIs } from '../where';
import { linesOf, plainOf } from './ansi';
import { matching, placeOf, type Place } from './finding';
import { useLog } from './following';
import { LogLine } from './line';

const END_PIXELS = 12;

/** The log. */
export function LogTab({ session, trans }: TabProps): JSX.Element {
  const { board } = session;
  const name = session.selected || (board ? loudest(board) : '');
  const step = board?.steps.find(each => each.name === name);
  const [choice, setChoice] = useState({ step: name, attempt: 0, isWhole: false });
  const { attempt, isWhole } = choice.step === name ? choice : { attempt: 0, isWhole: false };
  const { log, text, problem } = useLog(
    session,
    { step: name, attempt: attempt || null, isWhole },
    step?.status === 'running',
    `${step?.status ?? ''} ${step?.attempts ?? 0} ${board?.heading.run?.id ?? ''}`
  );
  const lines = useMemo(
    () => linesOf([text.replace(/\n$/, ''), log?.traceback ?? ''].filter(Boolean).join('\n')),
    [text, log?.traceback]
  );
  const [query, setQuery] = useState('');
  const [current, setCurrent] = useState(0);
  const matches = useMemo(() => matching(lines, query), [lines, query]);
  const ground = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const toEnd = (): void => {
    ground.current?.scrollTo({ top: ground.current.scrollHeight });
  };
  useLayoutEffect(() => {
    if (isAtEnd && !query) {
      toEnd();
    }
  }, [lines, isAtEnd, query]);
  const goTo = (index: number): void => {
    setCurrent(index);
    setAtEnd(false);
    const line = matches[index];
    const row = line === undefined ? null : ground.current?.querySelectorAll('.jp-pipes-row')[line];
    row?.scrollIntoView({ block: 'center' });
  };

  return (
    <div className="jp-pipes-log">
      <div className="jp-pipes-log-bar">
        <select
          className="jp-pipes-input"
          aria-label={trans.__('Step')}
          value={name}
          onChange={event => {
            session.select(event.target.value);
          }}
        >
          {board?.steps.map(each => (
            <option key={each.name} value={each.name}>
              {each.name}
            </option>
          ))}
        </select>
        {log && log.attempts.length > 1 && (
          <select
            className="jp-pipes-input"
            aria-label={trans.__('Attempt')}
            value={log.attempt ?? 0}
            onChange={event => {
              setChoice({ step: name, attempt: Number(event.target.value), isWhole });
            }}
          >
            {log.attempts.map(number => (
              <option key={number} value={number}>
                {trans.__('attempt %1', number)}
              </option>
            ))}
          </select>
        )}
        <input
          className="jp-pipes-input"
          type="search"
          placeholder={trans.__('Search…')}
          aria-label={trans.__('Search the log')}
          value={query}
          onChange={event => {
            setQuery(event.target.value);
            setCurrent(-1);
          }}
          onKeyDown={event => {
            if (event.key === 'Enter' && matches.length > 0) {
              event.preventDefault();
              const by = event.shiftKey ? matches.length - 1 : 1;
              goTo((Math.max(current, event.shiftKey ? 0 : -1) + by) % matches.length);
            }
          }}
        />
        {query && (
          <span className="jp-pipes-quiet" aria-live="polite">
            {matches.length && current >= 0
              ? trans.__('%1 of %2', current + 1, matches.length)
              : trans._n('%1 line', '%1 lines', matches.length)}
          </span>
        )}
      </div>
      {problem && <p className="jp-pipes-hint">{problem}</p>}
      {step?.status === 'running' && <WhereItIs key={name} step={name} {...{ session, trans }} />}
      <div
        ref={ground}
        className="jp-pipes-log-text jp-RenderedText"
        role="log"
        aria-label={trans.__('Log of %1', name)}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          setAtEnd(scrollHeight - scrollTop - clientHeight < END_PIXELS);
        }}
      >
        {log?.is_cut && !isWhole && (
          <button
            type="button"
            className="jp-pipes-link"
            onClick={() => {
              setChoice({ step: name, attempt, isWhole: true });
            }}
          >
            {trans.__('Show all of it')}
          </button>
        )}
        <pre>
          {lines.map((line, number) => (
            <LogLine
              key={number}
              line={line}
              query={query}
              isCurrent={matches[current] === number}
              onOpen={opener(session, placeOf(plainOf(line)), log?.cells ?? {})}
            />
          ))}
        </pre>
        {log && !text && !log.traceback && (
          <p className="jp-pipes-quiet">
            {log.attempt === null ? trans.__('It has not run.') : trans.__('It printed nothing.')}
          </p>
        )}
      </div>
      {!isAtEnd && (
        <button type="button" className="jp-Button jp-mod-styled jp-pipes-to-end" onClick={toEnd}>
          {trans.__('↓ End')}
        </button>
      )}
    </div>
  );
}

const LOUD = ['failed', 'running', 'completed', 'cached'] as const;

/** The step whose log is shown when none is selected: what failed, else what runs, else the last one. */
function loudest(board: Board): string {
  for (const status of LOUD) {
    const step = [...board.steps].reverse().find(each => each.status === status);
    if (step) {
      return step.name;
    }
  }
  return board.steps[0]?.name ?? '';
}

/** What leads to the place that a line names; undefined where it names none of the notebook. */
function opener(
  session: PipelineSession,
  place: Place | null,
  cells: Readonly<Record<string, string>>
): (() => void) | undefined {
  if (!place) {
    return undefined;
  }
  const step = session.board?.steps.find(each => each.name === place.step);
  const cell = step?.cell ?? cells[place.cell];
  return cell ? () => void revealLine(session.panel.content, cell, place.line) : undefined;
}
