/** The problems of a pipeline, as a list below the heading; each leads to its cell. */
import type { JSX } from 'react';
import { reveal } from '../notebook';
import type { Problem } from '../wire';
import type { TabProps } from './tabs';

const STATUSES = { error: 'failed', warning: 'stale', note: 'queued' } as const;

/** The list; nothing when all is well. */
export function Problems({ session, trans }: TabProps): JSX.Element | null {
  const problems = session.board?.problems ?? [];
  if (problems.length === 0) {
    return null;
  }
  return (
    <ul className="jp-pipes-problems" aria-label={trans.__('Problems')}>
      {problems.map(problem => (
        <li key={keyOf(problem)} data-jupyter-pipes-status={STATUSES[problem.severity]}>
          <button
            type="button"
            className="jp-pipes-link"
            title={problem.message}
            onClick={() => {
              if (problem.cell) {
                void reveal(session.panel.content, problem.cell);
              }
            }}
          >
            <span className="jp-pipes-status">{problem.code}</span> {problem.message}
          </button>
        </li>
      ))}
    </ul>
  );
}

function keyOf({ code, cell, line, message }: Problem): string {
  return [code, cell, line, message].join(' ');
}
