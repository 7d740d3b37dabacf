/** Where a running step is: its line in the cell and the calls below, on demand. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import { useState } from 'react';
import { revealLine } from '../notebook';
import type { PipelineSession } from '../session';
import type { Frame, StackSeen } from '../wire';
import { useAnswer } from './asking';
import { placeOf } from './log/finding';

interface WhereProps {
  readonly session: PipelineSession;
  /** A step that runs. */
  readonly step: string;
  readonly trans: TranslationBundle;
}

/** A button that asks, and what was answered last; each press asks again. */
export function WhereItIs({ session, step, trans }: WhereProps): JSX.Element {
  const [times, setTimes] = useState(0);
  const request = times > 0 ? ({ ask: 'where', step } as const) : null;
  const { answer, problem } = useAnswer(session, request, String(times));
  return (
    <div className="jp-pipes-where">
      <button
        type="button"
        className="jp-pipes-push"
        aria-label={trans.__('Where is %1 now?', step)}
        onClick={() => {
          setTimes(times + 1);
        }}
      >
        {trans.__('Where is it now?')}
      </button>
      <div role="status">
        {problem && <p className="jp-pipes-hint">{problem}</p>}
        {answer && <Calls stack={answer} {...{ session, trans }} />}
      </div>
    </div>
  );
}

interface CallsProps {
  readonly stack: StackSeen;
  readonly session: PipelineSession;
  readonly trans: TranslationBundle;
}

function Calls({ stack, session, trans }: CallsProps): JSX.Element {
  const time = new Date(stack.at * 1000).toLocaleTimeString();
  const isInside = stack.frames.some(frame => frame.is_of_notebook);
  return (
    <>
      <p className="jp-pipes-quiet">
        {isInside
          ? trans.__('At %1, the latest call last:', time)
          : trans.__('At %1 in no line of the notebook, but here, the latest call last:', time)}
      </p>
      <ol>
        {stack.frames.map((frame, number) => (
          <li key={number} data-of-notebook={frame.is_of_notebook}>
            <Place {...{ frame, stack, session }} />
            {frame.function !== '<module>' && ` ${trans.__('in %1', frame.function)}`}
            {frame.code && <code>{frame.code}</code>}
          </li>
        ))}
      </ol>
    </>
  );
}

interface PlaceProps {
  readonly frame: Frame;
  readonly stack: StackSeen;
  readonly session: PipelineSession;
}

function Place({ frame, stack, session }: PlaceProps): JSX.Element {
  const words = `${shortened(frame.place)}, line ${frame.line}`;
  const place = frame.is_of_notebook ? placeOf(words) : null;
  const step = session.board?.steps.find(each => each.name === place?.step);
  const cell = step?.cell ?? stack.cells[place?.cell ?? ''];
  if (!cell) {
    return <span title={frame.place}>{words}</span>;
  }
  return (
    <button
      type="button"
      className="jp-pipes-link jp-pipes-place"
      onClick={() => void revealLine(session.panel.content, cell, frame.line)}
    >
      {words}
    </button>
  );
}

/** A path from the package on, as it is known by. */
function shortened(path: string): string {
  return path.replace(/^.*\/(?:site-packages|lib\/python[\d.]+)\//, '');
}
