/** The tab "Steps": a sortable table; a row selects its step, and shows its cell. */
import type { JSX } from 'react';
import { useState } from 'react';
import { reveal } from '../notebook';
import { staleText, statusText } from '../statuses';
import { elementsCaption, StepCommandIDs } from '../stepcommands';
import type { BoardStep } from '../wire';
import { durationText, earlierWords, LOCAL, secondsOf } from '../words';
import { COLUMNS, sorted, type Column, type Order } from './sorting';
import type { TabProps } from './tabs';
import { useCounts } from './ticking';

/** The table. */
export function StepsTab({ session, commands, trans }: TabProps): JSX.Element {
  const [order, setOrder] = useState<Order>({ column: 'place', isDown: false });
  useCounts(session);
  const { now } = session;
  const steps = session.board?.steps ?? [];
  const hasQueues = steps.some(step => step.queue !== LOCAL);
  const titles: Record<Column, string> = {
    place: '#',
    name: trans.__('Step'),
    status: trans.__('Status'),
    seconds: trans.__('Time')
  };
  return (
    <table className="jp-pipes-steps">
      <thead>
        <tr>
          {COLUMNS.map(column => (
            <th
              key={column}
              aria-sort={
                order.column !== column ? 'none' : order.isDown ? 'descending' : 'ascending'
              }
            >
              <button
                type="button"
                onClick={() => {
                  setOrder({ column, isDown: order.column === column && !order.isDown });
                }}
              >
                {titles[column]}
                {order.column === column ? (order.isDown ? ' ▾' : ' ▴') : ''}
              </button>
            </th>
          ))}
          {hasQueues && <th>{trans.__('Queue')}</th>}
          <th>{trans.__('Why')}</th>
        </tr>
      </thead>
      <tbody>
        {sorted(steps, order, now).map(({ step, place }) => (
          <tr
            key={step.name}
            data-jupyter-pipes-status={step.status}
            className={step.name === session.selected ? 'jp-pipes-selected' : ''}
          >
            <td className="jp-pipes-quiet">{place}</td>
            <td className="jp-pipes-step">
              <button
                type="button"
                className="jp-pipes-link"
                aria-pressed={step.name === session.selected}
                onClick={() => {
                  session.select(step.name);
                  if (step.cell) {
                    void reveal(session.panel.content, step.cell);
                  }
                }}
              >
                {step.name}
              </button>
            </td>
            <td className="jp-pipes-status">
              {statusText(step.status, trans)}
              {step.progress && ' '}
              {!step.elements && step.progress}
              {step.elements ? (
                <button
                  type="button"
                  className="jp-pipes-link"
                  aria-label={
                    step.pipeline
                      ? trans.__('Steps of %1: %2', step.pipeline, step.progress)
                      : trans.__('Elements of %1: %2', step.name, step.progress)
                  }
                  title={elementsCaption(step.pipeline ?? '', trans)}
                  onClick={() => {
                    void commands.execute(StepCommandIDs.elements, { step: step.name });
                  }}
                >
                  {step.progress}
                </button>
              ) : null}
            </td>
            <td className="jp-pipes-took">{time(step, now)}</td>
            {hasQueues && (
              <td title={step.host && trans.__('on %1', step.host)}>
                {step.queue === LOCAL ? '' : step.queue}
              </td>
            )}
            <td className="jp-pipes-why" title={why(step, trans)}>
              {why(step, trans)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function time(step: BoardStep, now: number): string {
  const seconds = secondsOf(step, now);
  return seconds > 0 ? durationText(seconds) : '';
}

function why(step: BoardStep, trans: TabProps['trans']): string {
  const stale = step.stale && `${staleText(step, trans)}: ${step.stale}`;
  const error = step.error && `${step.error.type}: ${step.error.message}`;
  const earlier = earlierWords(step, trans);
  return [stale, error ?? step.reason, ...earlier, ...step.notes].filter(Boolean).join(' · ');
}
