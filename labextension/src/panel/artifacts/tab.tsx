/** The tab "Artifacts": what each step kept, a look inside, and its way into the notebook. */
import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import { useState } from 'react';
import type { PipelineSession } from '../../session';
import type { ArtifactShown } from '../../wire';
import { bytesText, shapeText } from '../../words';
import { useAnswer, wordsOf } from '../asking';
import type { TabProps } from '../tabs';
import { Inside } from './inside';

/** The list, with the chosen artifact below. */
export function ArtifactsTab({ session, trans }: TabProps): JSX.Element {
  const [chosen, setChosen] = useState('');
  const [trusted, setTrusted] = useState(0);
  const statuses = session.board?.steps.map(step => [step.name, step.status, step.attempts]);
  const occasion = JSON.stringify([statuses, session.board?.heading.run?.id, trusted]);
  const { answer, problem } = useAnswer(session, { ask: 'artifacts' }, occasion);
  if (!answer || answer.artifacts.length === 0) {
    const words = answer ? trans.__('Nothing is kept yet: run the pipeline.') : trans.__('Asking…');
    return <p className="jp-pipes-hint">{problem || words}</p>;
  }
  const artifact = answer.artifacts.find(each => keyOf(each) === chosen);
  return (
    <div className="jp-pipes-artifacts-tab">
      {answer.distrust && (
        <div className="jp-pipes-distrust" role="note">
          {trans.__('Values are not loaded: %1', answer.distrust)}
          <button
            type="button"
            className="jp-Button jp-mod-styled"
            onClick={() => {
              told(
                session.ask({ ask: 'trust values' }).then(() => {
                  setTrusted(trusted + 1);
                })
              );
            }}
          >
            {trans.__('I trust whoever wrote it')}
          </button>
        </div>
      )}
      <div className="jp-pipes-artifact-list">
        <table className="jp-pipes-table">
          <thead>
            <tr>
              <th>{trans.__('Step')}</th>
              <th>{trans.__('Name')}</th>
              <th>{trans.__('Type')}</th>
              <th className="jp-pipes-number">{trans.__('Shape')}</th>
              <th className="jp-pipes-number">{trans.__('Size')}</th>
            </tr>
          </thead>
          <tbody>
            {answer.artifacts.map(each => (
              <tr key={keyOf(each)} className={each === artifact ? 'jp-pipes-selected' : ''}>
                <td className="jp-pipes-quiet" title={each.step}>
                  {each.step}
                </td>
                <th scope="row" title={[each.name, each.title].join(' ').trim()}>
                  <button
                    type="button"
                    className="jp-pipes-link"
                    aria-pressed={each === artifact}
                    onClick={() => {
                      setChosen(each === artifact ? '' : keyOf(each));
                    }}
                  >
                    {each.name}
                  </button>
                  {each.title && <span className="jp-pipes-quiet"> {each.title}</span>}
                </th>
                <td title={each.type}>{shortType(each.type)}</td>
                <td className="jp-pipes-number">{shapeText(each.shape)}</td>
                <td className="jp-pipes-number">{bytesText(each.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {artifact && (
        <section className="jp-pipes-inside" aria-label={trans.__('Inside %1', artifact.name)}>
          <div className="jp-pipes-line">
            <b>{artifact.name}</b>
            {artifact.title && <span>{artifact.title}</span>}
            <span className="jp-pipes-quiet">{artifact.type}</span>
          </div>
          <Ways session={session} artifact={artifact} trans={trans} isLoadable={!answer.distrust} />
          {answer.distrust ? (
            <pre>{artifact.preview}</pre>
          ) : (
            <Inside key={chosen} {...{ session, artifact, trans, occasion }} />
          )}
        </section>
      )}
    </div>
  );
}

interface WaysProps {
  readonly session: PipelineSession;
  readonly artifact: ArtifactShown;
  readonly trans: TranslationBundle;
  readonly isLoadable: boolean;
}

/** What can be done with an artifact. */
function Ways({ session, artifact, trans, isLoadable }: WaysProps): JSX.Element {
  const { step, name, line } = artifact;
  return (
    <div className="jp-pipes-actions">
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal"
        disabled={!isLoadable}
        onClick={() => {
          told(
            session.ask({ ask: 'load artifact', step, name }).then(({ variable }) => {
              const words = trans.__('%1 is a variable of the notebook now', variable);
              Notification.success(words, { autoClose: 4000 });
            })
          );
        }}
      >
        {trans.__('Load into the notebook')}
      </button>
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal"
        title={line}
        onClick={() => {
          Clipboard.copyToSystem(line);
          Notification.info(trans.__('Copied: %1', line), { autoClose: 3000 });
        }}
      >
        {trans.__('Copy get line')}
      </button>
    </div>
  );
}

function told(asked: Promise<void>): void {
  asked.catch((error: unknown) => {
    Notification.error(wordsOf(error), { autoClose: 10_000 });
  });
}

/** A type without modules, `DataFrame`; the whole stands on hover and above a look inside. */
function shortType(type: string): string {
  const isForm = type.includes('/');
  return isForm ? type : type.replaceAll(/(\w+\.)+/g, '');
}

function keyOf({ step, name }: ArtifactShown): string {
  return `${step}.${name}`;
}
