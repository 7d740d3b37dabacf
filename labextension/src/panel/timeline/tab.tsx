/** The tab "Timeline": when the steps of the run that is shown waited, and when they ran. */
import type { JSX } from 'react';
import { reveal } from '../../notebook';
import { useAnswer } from '../asking';
import type { TabProps } from '../tabs';
import { useCounts } from '../ticking';
import { WhereItIs } from '../where';
import { Chart } from './chart';

/** The chart of that run; a step that runs can be asked where it is. */
export function TimelineTab({ session, trans }: TabProps): JSX.Element {
  const { board } = session;
  useCounts(session);
  const occasion = JSON.stringify([
    board?.heading.run?.id,
    board?.heading.run?.status,
    board?.steps.map(step => [step.status, step.reason, step.attempts])
  ]);
  const { answer, problem } = useAnswer(session, { ask: 'timeline' }, occasion);
  if (!answer) {
    return <p className="jp-pipes-hint">{problem || trans.__('Asking…')}</p>;
  }
  return (
    <Chart
      timeline={answer}
      now={session.now}
      selected={session.selected}
      trans={trans}
      onSelect={name => {
        session.select(name);
        const cell = session.board?.steps.find(each => each.name === name)?.cell;
        if (cell) {
          void reveal(session.panel.content, cell);
        }
      }}
      below={name => <WhereItIs step={name} {...{ session, trans }} />}
    />
  );
}
