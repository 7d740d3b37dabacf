/** A kept run, opened: its graph, steps, parameters, and what can be done with it. */
import type { JSX } from 'react';
import { useState } from 'react';
import { statusText } from '../../statuses';
import type { BoardStep, OpenedRun } from '../../wire';
import { durationText } from '../../words';
import { Banner } from './banner';
import { Drawing, ROOM } from './drawing';
import { Look } from './look';
import { RunTimeline } from './timeline';
import { Remarks } from './remarks';
import { endingsText, momentText } from './rows';
import { placeInSweep } from './sweeps';
import { useKept } from './source';
import type { RunsProps, Ways } from './tab';

/** What an opened run is given. */
export interface OpenedProps extends RunsProps, Ways {
  readonly run: string;
}

/** The run. */
export function Opened(props: OpenedProps): JSX.Element {
  const { session, source, trans, run, onBack } = props;
  const [step, setStep] = useState<string | null>(null);
  const [changes, setChanges] = useState(0);
  const current = session.board?.heading.run;
  const occasion = current?.id === run ? `${current.status} ${current.tally}` : '';
  const { answer, problem } = useKept(
    source,
    { ask: 'open run', run, ...ROOM },
    `${changes} ${occasion}`
  );
  const failed = answer?.board.steps.find(each => each.status === 'failed')?.name ?? '';
  const selected = step ?? failed;
  return (
    <div className="jp-pipes-runs">
      <Banner {...props}>
        {trans.__('Run %1 of %2', run, answer ? momentText(answer.line.started) : '…')}
      </Banner>
      {problem && (
        <pre role="alert" className="jp-pipes-refusal">
          {problem}
        </pre>
      )}
      {answer && (
        <>
          <Headline opened={answer} {...props} />
          <Remarks
            {...props}
            opened={answer}
            onChanged={() => {
              setChanges(changes + 1);
            }}
          />
          <Drawing {...answer} trans={trans} selected={selected} onSelect={setStep} />
          <KeptSteps {...props} steps={answer.board.steps} selected={selected} onSelect={setStep} />
          <RunTimeline {...props} selected={selected} occasion={occasion} onSelect={setStep} />
          {selected && <Look {...props} step={selected} occasion={occasion} />}
        </>
      )}
      {!answer && !problem && <p className="jp-pipes-hint">{trans.__('Asking…')}</p>}
      {problem && (
        <button type="button" className="jp-Button jp-mod-styled" onClick={onBack}>
          {trans.__('Back')}
        </button>
      )}
    </div>
  );
}

function Headline({
  opened,
  trans,
  onOpen,
  onSweep
}: OpenedProps & { readonly opened: OpenedRun }): JSX.Element {
  const { line, reason, surroundings, repeats } = opened;
  const { sweep } = opened.board.heading;
  return (
    <section aria-label={trans.__('Run')}>
      <div className="jp-pipes-line">
        {line.title && <b>{line.title}</b>}
        <span>{line.pipeline}</span> <span className="jp-pipes-quiet">{line.version}</span>
        <span data-jupyter-pipes-status={line.status} className="jp-pipes-status">
          {statusText(line.status, trans)}
        </span>
        <span>{endingsText(line, trans)}</span>
        <span className="jp-pipes-took">{durationText(line.seconds)}</span>
      </div>
      {reason && <div>{reason}</div>}
      <div className="jp-pipes-parameters">
        {Object.entries(line.parameters).map(([name, value]) => (
          <code key={name}>{`${name}=${value}`}</code>
        ))}
      </div>
      <div className="jp-pipes-quiet">
        {surroundings}
        {repeats && (
          <>
            {' · '}
            <button
              type="button"
              className="jp-pipes-link"
              onClick={() => {
                onOpen(repeats);
              }}
            >
              {trans.__('repeats %1', repeats)}
            </button>
          </>
        )}
        {sweep && (
          <>
            {' · '}
            <button
              type="button"
              className="jp-pipes-link"
              onClick={() => {
                onSweep(sweep.id);
              }}
            >
              {placeInSweep(sweep, trans)}
            </button>
          </>
        )}
      </div>
    </section>
  );
}

function KeptSteps({
  steps,
  selected,
  onSelect,
  trans
}: OpenedProps & {
  readonly steps: readonly BoardStep[];
  readonly selected: string;
  onSelect(step: string): void;
}): JSX.Element {
  return (
    <table className="jp-pipes-steps" aria-label={trans.__('Steps of the run')}>
      <thead>
        <tr>
          <th>{trans.__('Step')}</th>
          <th>{trans.__('Status')}</th>
          <th>{trans.__('Time')}</th>
          <th>{trans.__('Why')}</th>
        </tr>
      </thead>
      <tbody>
        {steps.map(step => (
          <tr
            key={step.name}
            data-jupyter-pipes-status={step.status}
            className={step.name === selected ? 'jp-pipes-selected' : ''}
          >
            <td>
              <button
                type="button"
                className="jp-pipes-link"
                aria-pressed={step.name === selected}
                onClick={() => {
                  onSelect(step.name === selected ? '' : step.name);
                }}
              >
                {step.name}
              </button>
            </td>
            <td className="jp-pipes-status">{statusText(step.status, trans)}</td>
            <td className="jp-pipes-took">{step.seconds > 0 ? durationText(step.seconds) : ''}</td>
            <td className="jp-pipes-why" title={step.reason}>
              {step.error ? `${step.error.type}: ${step.error.message}` : step.reason}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
