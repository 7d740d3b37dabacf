/** What a run would do: which steps run, why, and how long they took last time; nothing runs for it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { Body } from '../../link';
import { isRunning } from '../../model';
import type { PipelineSession } from '../../session';
import type { ForeseenStep } from '../../wire';
import { durationText } from '../../words';
import { useAnswer } from '../asking';
import { byDecision, summarized } from './summary';

interface PreviewProps {
  readonly session: PipelineSession;
  readonly trans: TranslationBundle;
  readonly request: Body<'foresee'>;
}

/** The plan as a table, behind a line that sums it up. */
export function PlanPreview({ session, trans, request }: PreviewProps): JSX.Element {
  const board = session.board;
  // What is stale changes when something was edited, or ended.
  const occasion = JSON.stringify([
    board?.heading.run?.status,
    board?.steps.map(step => step.stale)
  ]);
  const isIdle = !isRunning(board);
  const { answer, problem } = useAnswer(session, isIdle ? request : null, occasion);
  if (!isIdle || problem || !answer) {
    const waiting = isIdle ? trans.__('Looking what would run…') : trans.__('A run goes on.');
    return <p className="jp-pipes-quiet">{problem || waiting}</p>;
  }
  return (
    <>
      <p className="jp-pipes-plan-sum">{summaryText(answer.steps, trans)}</p>
      <table className="jp-pipes-table">
        <thead>
          <tr>
            <th>{trans.__('Step')}</th>
            <th>{trans.__('Plan')}</th>
            <th className="jp-pipes-number">{trans.__('Last time')}</th>
            <th>{trans.__('Why')}</th>
          </tr>
        </thead>
        <tbody>
          {byDecision(answer.steps).map(step => (
            <PlannedRow key={step.name} step={step} trans={trans} />
          ))}
        </tbody>
      </table>
    </>
  );
}

const STATUSES = { run: 'running', depends: 'stale', cached: 'cached' } as const;

function PlannedRow({
  step,
  trans
}: {
  readonly step: ForeseenStep;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const words = {
    run: `▶\ufe0e ${trans.__('runs')}`,
    depends: `▷ ${trans.__('may run')}`,
    cached: `↺ ${trans.__('cached')}`
  };
  const reasons = step.reasons.join('; ');
  return (
    <tr data-jupyter-pipes-status={STATUSES[step.decision]}>
      <th scope="row">{step.name}</th>
      <td className="jp-pipes-status">{words[step.decision]}</td>
      <td className="jp-pipes-number">
        {step.seconds === null ? '–' : durationText(step.seconds)}
      </td>
      <td className="jp-pipes-why" title={reasons}>
        {reasons}
      </td>
    </tr>
  );
}

/** `2 steps run, 1 may run, 3 cached · 12.3 s last time`. */
export function summaryText(steps: readonly ForeseenStep[], trans: TranslationBundle): string {
  const { runs, depends, cached, seconds, unknown } = summarized(steps);
  const counts = [
    trans._n('%1 step runs', '%1 steps run', runs),
    depends > 0 && trans.__('%1 may run', depends),
    cached > 0 && trans.__('%1 cached', cached)
  ];
  const last = [
    seconds > 0 && trans.__('%1 last time', durationText(seconds)),
    unknown > 0 && unknown < runs + depends && trans.__('%1 never ran', unknown)
  ];
  return [counts, last]
    .map(part => part.filter(Boolean).join(', '))
    .filter(Boolean)
    .join(' · ');
}
