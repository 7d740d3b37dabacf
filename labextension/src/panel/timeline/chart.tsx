/** A Gantt chart as a table: when each step waited, for what, and when it ran; the critical path is marked. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX, ReactNode } from 'react';
import type { Span, Timeline, TimelineStep } from '../../wire';
import { bytesText, durationText } from '../../words';
import { barsOf, lengthOf, marksOf, waitedOf, type Bar } from './bars';

/** The share of the axis behind which no label has room. */
const LAST_LABEL = 0.7;

const PHASES = ['upstream', 'decision', 'gate', 'queue', 'imports', 'retry', 'running'] as const;

interface ChartProps {
  readonly timeline: Timeline;
  /** Seconds since 1970, by the clock of the timeline. */
  readonly now: number;
  readonly selected: string;
  readonly trans: TranslationBundle;
  onSelect(step: string): void;
  /** What stands below the row of a step that runs. */
  below?(step: string): ReactNode;
}

/** The chart. */
export function Chart(props: ChartProps): JSX.Element {
  const { timeline, now, trans } = props;
  const names = phaseNames(trans);
  const used = new Set(timeline.steps.flatMap(step => step.spans.map(span => span.phase)));
  const length = lengthOf(timeline, now);
  return (
    <div className="jp-pipes-timeline">
      <ul className="jp-pipes-legend" aria-label={trans.__('Colours')}>
        {PHASES.filter(phase => used.has(phase)).map(phase => (
          <li key={phase} data-jupyter-pipes-status="completed">
            <span className="jp-pipes-bar-key" data-phase={phase} /> {names[phase]}
          </li>
        ))}
        {timeline.steps.some(step => step.spans.some(span => span.is_lost)) && (
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
          {timeline.steps.map(step => (
            <Row key={step.name} {...props} step={step} names={names} />
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

interface RowProps extends ChartProps {
  readonly step: TimelineStep;
  readonly names: PhaseNames;
}

function Row(props: RowProps): JSX.Element {
  const { step, timeline, now, selected, trans, names, onSelect, below } = props;
  const bars = barsOf(step.spans, timeline, now);
  const running = bars.filter(bar => bar.phase === 'running');
  const ran = running.reduce((sum, bar) => sum + bar.seconds, 0);
  const waited = waitedOf(bars);
  const isMeasured = step.seconds > 0;
  const row = (
    <tr
      data-jupyter-pipes-status={step.status}
      className={step.name === selected ? 'jp-pipes-selected' : ''}
    >
      <th scope="row" title={step.name}>
        <button
          type="button"
          className="jp-pipes-link"
          aria-pressed={step.name === selected}
          onClick={() => {
            onSelect(step.name);
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
  return step.status !== 'running' || !below ? (
    row
  ) : (
    <>
      {row}
      <tr>
        <td colSpan={6}>{below(step.name)}</td>
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
    gate: trans.__('waits for approval'),
    queue: trans.__('waits for a slot or a queue'),
    imports: trans.__('imports'),
    retry: trans.__('waits for the next try'),
    running: trans.__('runs')
  };
}

function axisText(seconds: number): string {
  return seconds < 60 ? `${Number(seconds.toPrecision(3))} s` : durationText(seconds);
}
