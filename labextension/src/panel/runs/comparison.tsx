/** Two kept runs held against each other: one graph with what changed, values, metrics, curves, and why. */
import type { JSX, ReactNode } from 'react';
import { useState } from 'react';
import { statusText } from '../../statuses';
import type { ComparedRuns, DifferenceLine, RunLine } from '../../wire';
import { durationText } from '../../words';
import { Banner } from './banner';
import { Curves } from './curves';
import { Drawing, markWords, ROOM } from './drawing';
import { Diff } from './look';
import { deltaText, endingsText, momentText, valueText } from './rows';
import { useKept } from './source';
import type { RunsProps, Ways } from './tab';

interface ComparisonProps extends RunsProps, Ways {
  readonly a: string;
  readonly b: string;
}

/** The comparison. */
export function Comparison(props: ComparisonProps): JSX.Element {
  const { source, trans, a, b } = props;
  const { answer, problem } = useKept(source, { ask: 'compare runs', a, b, ...ROOM }, '');
  return (
    <div className="jp-pipes-runs">
      <Banner {...props}>{trans.__('Runs A and B compared')}</Banner>
      {problem && (
        <pre role="alert" className="jp-pipes-refusal">
          {problem}
        </pre>
      )}
      {answer ? (
        <Both {...props} both={answer} />
      ) : (
        !problem && <p className="jp-pipes-hint">{trans.__('Asking…')}</p>
      )}
    </div>
  );
}

interface BothProps extends ComparisonProps {
  readonly both: ComparedRuns;
}

function Both(props: BothProps): JSX.Element {
  const { both, trans } = props;
  const [selected, select] = useState('');
  const whole = both.differences.filter(each => each.step === null);
  const parameters = whole.filter(each => each.what === 'parameter');
  const monitored = whole.filter(each => each.what === 'metric' || each.what === 'artifact');
  const others = whole.filter(each => each.what !== 'parameter' && !monitored.includes(each));
  const changed = both.board.steps.filter(step => both.marks[step.name] !== 'same');
  return (
    <>
      <Sides {...props} />
      <Drawing {...both} trans={trans} selected={selected} onSelect={select} />
      {parameters.length > 0 && (
        <>
          <h2>{trans.__('Parameters')}</h2>
          <Differences lines={parameters} trans={trans} />
        </>
      )}
      {monitored.length > 0 && (
        <>
          <h2>{trans.__('On the run')}</h2>
          <Differences lines={monitored} trans={trans} />
        </>
      )}
      <Metrics {...props} />
      {both.curves.length > 0 && (
        <div className="jp-pipes-charts">
          {both.curves.map(({ step, name, a, b }) => (
            <Curves key={`${step}/${name}`} name={`${step} · ${name}`} curves={[a, b]} />
          ))}
        </div>
      )}
      <h2>{trans.__('Steps')}</h2>
      {changed.length === 0 && <p>{trans.__('No step gives anything else.')}</p>}
      {changed
        .filter(step => !selected || step.name === selected)
        .map(step => (
          <section key={step.name} aria-label={trans.__('Step %1', step.name)}>
            <h3>
              {step.name}{' '}
              <span className="jp-pipes-quiet">
                {markWords(both.marks[step.name] ?? 'same', trans)}
              </span>
            </h3>
            <Differences
              lines={both.differences.filter(each => each.step === step.name)}
              trans={trans}
            />
          </section>
        ))}
      {others.length > 0 && (
        <details>
          <summary>{trans.__('What they ran in, and how they went')}</summary>
          <Differences lines={others} trans={trans} />
        </details>
      )}
    </>
  );
}

function Sides({ both, trans, onOpen }: BothProps): JSX.Element {
  const sides: readonly (readonly [string, RunLine])[] = [
    ['A', both.a],
    ['B', both.b]
  ];
  const row = (title: string, content: (run: RunLine) => ReactNode): JSX.Element => (
    <tr>
      <th scope="row">{title}</th>
      {sides.map(([letter, run]) => (
        <td key={letter}>{content(run)}</td>
      ))}
    </tr>
  );
  return (
    <table className="jp-pipes-differences jp-pipes-sides" aria-label={trans.__('Both runs')}>
      <thead>
        <tr>
          <td />
          {sides.map(([letter]) => (
            <th key={letter} scope="col">
              <span data-side={letter}>{letter}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {row(trans.__('Run'), run => (
          <button
            type="button"
            className="jp-pipes-link"
            onClick={() => {
              onOpen(run.id);
            }}
          >
            {run.title || run.id}
          </button>
        ))}
        {row(trans.__('Status'), run => (
          <span data-jupyter-pipes-status={run.status} className="jp-pipes-status">
            {statusText(run.status, trans)}
          </span>
        ))}
        {row(trans.__('Started'), run => momentText(run.started))}
        {row(trans.__('Time'), run => (
          <span className="jp-pipes-took">{durationText(run.seconds)}</span>
        ))}
        {row(trans.__('Steps'), run => endingsText(run, trans))}
      </tbody>
    </table>
  );
}

function Metrics({ both, trans }: BothProps): JSX.Element | null {
  if (both.metrics.length === 0) {
    return null;
  }
  return (
    <>
      <h2>{trans.__('Metrics')}</h2>
      <div className="jp-pipes-wide" tabIndex={0} role="group" aria-label={trans.__('Metrics')}>
        <table className="jp-pipes-steps">
          <thead>
            <tr>
              <th>{trans.__('Step')}</th>
              <th>{trans.__('Metric')}</th>
              <th>A</th>
              <th>B</th>
              <th>{trans.__('Change')}</th>
            </tr>
          </thead>
          <tbody>
            {both.metrics.map(({ step, name, a, b }) => (
              <tr key={`${step}/${name}`}>
                <td>{step}</td>
                <td>{name}</td>
                <td className="jp-pipes-run-metric">{valueText(a)}</td>
                <td className="jp-pipes-run-metric">{valueText(b)}</td>
                <td className="jp-pipes-run-metric">{deltaText(a, b)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Differences({
  lines,
  trans
}: {
  readonly lines: readonly DifferenceLine[];
  readonly trans: ComparisonProps['trans'];
}): JSX.Element {
  return (
    <table className="jp-pipes-differences">
      <colgroup>
        <col className="jp-pipes-what" />
        <col span={2} />
      </colgroup>
      <thead className="jp-pipes-hidden">
        <tr>
          <th>{trans.__('What')}</th>
          <th>A</th>
          <th>B</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(line => (
          <Difference key={`${line.what} ${line.name}`} line={line} />
        ))}
      </tbody>
    </table>
  );
}

function Difference({ line }: { readonly line: DifferenceLine }): JSX.Element {
  const what = (
    <>
      {line.what} {line.name && <code>{line.name}</code>}
    </>
  );
  return line.diff.includes('\n') ? (
    <tr>
      <td colSpan={3}>
        {what}
        <Diff text={line.diff} />
      </td>
    </tr>
  ) : (
    <tr>
      <th scope="row">{what}</th>
      <td title={line.a}>{line.a}</td>
      <td title={line.b}>
        {line.b} {line.diff && <span className="jp-pipes-quiet">{line.diff}</span>}
      </td>
    </tr>
  );
}
