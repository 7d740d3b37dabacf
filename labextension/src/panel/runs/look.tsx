/** What a step of a kept run did: its error, what it printed and displayed, its metrics, what it left, and why it ran. */
import type { JSX } from 'react';
import type { StepLook } from '../../wire';
import { diffSign } from '../../words';
import { Curves } from './curves';
import type { OpenedProps } from './opened';
import { Printed, Rendered } from './rendered';
import { useKept } from './source';

/** The details. */
export function Look(
  props: OpenedProps & { readonly step: string; readonly occasion: string }
): JSX.Element {
  const { source, trans, run, step, occasion } = props;
  const { answer, problem } = useKept(source, { ask: 'look at step', run, step }, occasion);
  return (
    <section className="jp-pipes-look" aria-label={trans.__('Step %1', step)}>
      <h2>{step}</h2>
      {problem && (
        <pre role="alert" className="jp-pipes-refusal">
          {problem}
        </pre>
      )}
      {answer?.step === step && <Found {...props} look={answer} />}
    </section>
  );
}

function Found({
  session,
  trans,
  run,
  look
}: OpenedProps & { readonly look: StepLook }): JSX.Element {
  const rendering = session.panel.content.rendermime;
  return (
    <>
      {look.source_run !== run && (
        <p className="jp-pipes-quiet">{trans.__('As it ran in run %1:', look.source_run)}</p>
      )}
      {look.traceback && <Printed text={look.traceback} rendering={rendering} />}
      {look.log && (
        <>
          <h3>{trans.__('Log')}</h3>
          <Printed text={look.log} rendering={rendering} />
        </>
      )}
      {look.outputs.length > 0 && <h3>{trans.__('Outputs')}</h3>}
      {look.outputs.map((bundle, index) => (
        // They have no names; their order is theirs.
        <Rendered key={index} bundle={bundle} rendering={rendering} />
      ))}
      {Object.entries(look.curves).map(([name, points]) => (
        <Curves key={name} name={name} curves={[points]} />
      ))}
      {look.artifacts.length > 0 && (
        <>
          <h3>{trans.__('Artifacts')}</h3>
          <table className="jp-pipes-runs-artifacts">
            <tbody>
              {look.artifacts.map(artifact => (
                <tr key={artifact.name}>
                  <th scope="row">{artifact.name}</th>
                  <td>
                    <span className="jp-pipes-quiet">{`${artifact.type} · ${artifact.size}`}</span>
                    <pre>{artifact.preview}</pre>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <h3>{trans.__('Why')}</h3>
      <ul>
        {look.reasons.map(reason => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {look.diff && <Diff text={look.diff} />}
      {look.attempts.length > 1 && (
        <ol aria-label={trans.__('Attempts')}>
          {look.attempts.map(attempt => (
            <li key={attempt.number} data-jupyter-pipes-status={attempt.status}>
              <span className="jp-pipes-status">{attempt.status}</span> {attempt.reason}{' '}
              <span className="jp-pipes-quiet">{attempt.used}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

/** The lines of a diff, with what came and what went coloured. */
export function Diff({ text }: { readonly text: string }): JSX.Element {
  return (
    <pre className="jp-pipes-runs-diff">
      {text.split('\n').map((line, index) => (
        // Lines may be equal.
        <span key={index} data-sign={diffSign(line)}>
          {`${line}\n`}
        </span>
      ))}
    </pre>
  );
}
