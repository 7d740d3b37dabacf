/** The tab "Timeline": when each step waited, for what, and when it ran; the critical path is marked. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import { isRunning } from '../../model';
import { reveal } from '../../notebook';
import type { PipelineSession } from '../../session';
import type { Span, Timeline, TimelineStep } from '../../wire';
import { bytesText, durationText } from '../../words';
import { useAnswer } from '../asking';
import { useTick } from '../heading';
import type { TabProps } from '../tabs';
import { WhereItIs } from '../where';
import { barsOf, lengthOf, marksOf, waitedOf, type Bar } from './bars';

/** The share of the axis behind which no label has room. */
const LAST_LABEL = 0.7;

const PHASES = ['upstream', 'decision', 'queue', 'imports', 'retry', 'running'] as const;

/** The Gantt chart, as a table. */
export function TimelineTab({ session, trans }: TabProps): JSX.Element {
  const { board } = session;
  useTick(isRunning(board));
  const occasion = JSON.stringify([
    board?.heading.run?.id,
    board?.heading.run?.status,
    board?.steps.map(step => [step.status, step.reason, step.attempts])
  ]);
  const { answer, problem } = useAnswer(session, { ask: 'timeline' }, occasion);
  if (!answer) {
    return <p className="jp-pipes-hint">{problem || trans.__('Asking…')}</p>;
  }
  const names = phaseNames(trans);
  const length = lengthOf(answer, session.now);
  return (
    <div className="jp-pipes-timeline">
      <ul className="jp-pipes-legend" aria-label={trans.__('Colours')}>
        {PHASES.map(phase => (
          <li key={phase} data-jupyter-pipes-status="completed">
            <span className="jp-pipes-bar-key" data-phase={phase} /> {names[phase]}
          </li>
        ))}
        {answer.steps.some(step => step.spans.some(span => span.is_lost)) && (
          <li data-jupyter-pipes-status="completed">
            <span className="jp-pipes-bar-key" data-phase="running" data-lost="true" />{' '}
            {trans.__('ran for nothing')}
          </li>
        )}
        <li>
          <span className="jp-pipes-critical-key">◆</span> {trans.__('critical path')}
        </li>
      </ul>
      <table className="jp-pipes-table">
        <thead>
          <tr>
            <th>{trans.__('Step')}</th>
            <th className="jp-pipes-axis">
              <span className="jp-pipes-hidden">{trans.__('When')}</span>
              {marksOf(length)
                .filter(mark => mark <= LAST_LABEL * length)
                .map(mark => (
                  <span key={mark} style={{ left: `${(100 * mark) / length}%` }}>
                    {mark === 0 ? '0' : axisText(mark)}
                  </span>
                ))}
            </th>
            <th className="jp-pipes-number">{trans.__('Ran')}</th>
            <th className="jp-pipes-number">{trans.__('Waited')}</th>
            <th className="jp-pipes-number">{trans.__('CPU')}</th>
            <th className="jp-pipes-number">{trans.__('Memory')}</th>
          </tr>
        </thead>
        <tbody>
          {answer.steps.map(step => (
            <TimelineRow key={step.name} {...{ step, session, trans, names }} timeline={answer} />
          ))}
        </tbody>
      </table>
      <p className="jp-pipes-hint">
        {trans.__(
          'CPU and peak memory are measured of attempts that ended. “Waited” is without earlier steps.'
        )}
      </p>
    </div>
  );
}

type PhaseNames = Readonly<Record<Span['phase'], string>>;

interface RowProps {
  readonly step: TimelineStep;
  readonly timeline: Timeline;
  readonly session: PipelineSession;
  readonly trans: TranslationBundle;
  readonly names: PhaseNames;
}

function TimelineRow({ step, timeline, session, trans, names }: RowProps): JSX.Element {
  const bars = barsOf(step.spans, timeline, session.now);
  const running = bars.filter(bar => bar.phase === 'running');
  const ran = running.reduce((sum, bar) => sum + bar.seconds, 0);
  const waited = waitedOf(bars);
  const isMeasured = step.seconds > 0;
  const row = (
    <tr
      data-jupyter-pipes-status={step.status}
      className={step.name === session.selected ? 'jp-pipes-selected' : ''}
    >
      <th scope="row" title={step.name}>
        <button
          type="button"
          className="jp-pipes-link"
          aria-pressed={step.name === session.selected}
          onClick={() => {
            session.select(step.name);
            const cell = session.board?.steps.find(each => each.name === step.name)?.cell;
            if (cell) {
              void reveal(session.panel.content, cell);
            }
          }}
        >
          {step.name}
        </button>
        {step.is_critical && (
          <span
            className="jp-pipes-critical-key"
            role="img"
            title={trans.__('On the critical path')}
            aria-label={trans.__('on the critical path')}
          >
            {' ◆'}
          </span>
        )}
      </th>
      <td className="jp-pipes-track">
        <span className="jp-pipes-hidden">{bars.map(bar => spokenBar(bar, names)).join(', ')}</span>
        {bars.map((bar, place) => (
          <span
            key={place}
            className="jp-pipes-bar-span"
            data-phase={bar.phase}
            data-lost={bar.isLost || undefined}
            title={spokenBar(bar, names)}
            style={{ left: `${100 * bar.left}%`, width: `${100 * bar.width}%` }}
          />
        ))}
      </td>
      <td className="jp-pipes-number">{ran > 0 ? durationText(ran) : '–'}</td>
      <td className="jp-pipes-number">{waited >= 0.005 ? durationText(waited) : '–'}</td>
      <td className="jp-pipes-number">{isMeasured ? durationText(step.cpu_seconds) : '–'}</td>
      <td className="jp-pipes-number">
        {step.peak_memory > 0 ? bytesText(step.peak_memory) : '–'}
      </td>
    </tr>
  );
  return step.status !== 'running' ? (
    row
  ) : (
    <>
      {row}
      <tr>
        <td colSpan={6}>
          <WhereItIs step={step.name} {...{ session, trans }} />
        </td>
      </tr>
    </>
  );
}

function spokenBar(bar: Bar, names: PhaseNames): string {
  const words = bar.phase === 'running' && bar.words ? `${names.running} ${bar.words}` : bar.words;
  return `${words || names[bar.phase]}: ${durationText(bar.seconds)}`;
}

function phaseNames(trans: TranslationBundle): PhaseNames {
  return {
    upstream: trans.__('waits for earlier steps'),
    decision: trans.__('is decided'),
    queue: trans.__('waits for a slot or a queue'),
    imports: trans.__('imports'),
    retry: trans.__('waits for the next try'),
    running: trans.__('runs')
  };
}

function axisText(seconds: number): string {
  return seconds < 60 ? `${Number(seconds.toPrecision(3))} s` : durationText(seconds);
}
