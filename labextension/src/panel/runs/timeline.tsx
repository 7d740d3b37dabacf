/** The timeline of an opened run, folded until somebody looks for it. */
import type { JSX } from 'react';
import { useState } from 'react';
import { Chart } from '../timeline/chart';
import type { OpenedProps } from './opened';
import { useKept } from './source';

interface TimelineProps extends OpenedProps {
  readonly selected: string;
  readonly occasion: string;
  onSelect(step: string): void;
}

/** The summary, and the chart below it once it is unfolded. */
export function RunTimeline(props: TimelineProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="jp-pipes-fold"
      onToggle={event => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{props.trans.__('Timeline')}</summary>
      {isOpen && <Asked {...props} />}
    </details>
  );
}

function Asked({
  session,
  source,
  trans,
  run,
  selected,
  occasion,
  onSelect
}: TimelineProps): JSX.Element {
  const { answer, problem } = useKept(source, { ask: 'timeline', run }, occasion);
  return answer ? (
    <Chart
      timeline={answer}
      now={session.now}
      selected={selected}
      trans={trans}
      onSelect={onSelect}
    />
  ) : (
    <p className="jp-pipes-hint">{problem || trans.__('Asking…')}</p>
  );
}
