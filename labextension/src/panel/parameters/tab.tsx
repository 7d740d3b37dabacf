/** The tab "Parameters": a form from `%%params`, checked by Python while one types, and a run with what it says. */
import { Notification } from '@jupyterlab/apputils';
import type { JSX } from 'react';
import { useEffect, useState } from 'react';
import { isRunning } from '../../model';
import { parametersOf } from '../../notebook';
import type { PipelineSession } from '../../session';
import type { ParametersChecked } from '../../wire';
import { useAnswer, wordsOf } from '../asking';
import { PlanPreview } from '../plan/preview';
import type { ParameterField } from '../../wire';
import type { TabProps } from '../tabs';
import { Field } from './field';
import { PresetBar } from './presetbar';
import { isChanged, saying, shownText, textsOf, type Said } from './texts';

const TYPING_MILLISECONDS = 250;
const UNCHECKED: ParametersChecked = { misfits: {}, values: {} };

/** What was typed for each notebook, while its page is open. */
const typed = new WeakMap<PipelineSession, Said>();

/** The form. */
export function ParametersTab({ session, trans }: TabProps): JSX.Element {
  const [said, setSaid] = useState<Said>(typed.get(session) ?? {});
  const [isPreviewed, setPreviewed] = useState(false);
  const occasion = `${parametersOf(session.panel.content)} ${session.board?.heading.run?.id ?? ''}`;
  const { answer, problem } = useAnswer(session, { ask: 'parameters' }, occasion);
  const fields = answer?.fields ?? [];
  const texts = textsOf(fields, said);
  const checked = useCheck(session, texts, answer ? occasion : '');
  const say = (next: Said): void => {
    typed.set(session, next);
    setSaid(next);
  };
  if (!answer || fields.length === 0) {
    const none = trans.__(
      'The notebook declares no parameters. A cell that begins with %%params does: rows: int = 100  # how many'
    );
    return <p className="jp-pipes-hint">{problem || (answer ? none : trans.__('Asking…'))}</p>;
  }
  const isWrong = Object.keys(checked.misfits).length > 0;
  const isBusy = isRunning(session.board);
  const outputs = (session.board?.steps ?? []).flatMap(step =>
    step.writes.map(name => `\${${step.name}.${name}}`)
  );
  return (
    <form
      className="jp-pipes-form"
      onSubmit={event => {
        event.preventDefault();
        if (!isWrong && !isBusy) {
          runWith(session, texts);
        }
      }}
    >
      <PresetBar
        notebook={session.panel.context.path}
        texts={texts}
        trans={trans}
        onChoose={preset => {
          say(saying(fields, preset));
        }}
      />
      {fields.map(field => (
        <Field
          key={field.name}
          field={field}
          text={shownText(field, said)}
          isChanged={isChanged(field, said)}
          offered={[...references(fields, field.name), ...outputs]}
          misfit={checked.misfits[field.name] ?? ''}
          value={checked.values[field.name] ?? ''}
          trans={trans}
          onChange={text => {
            say({ ...said, [field.name]: text });
          }}
          onReset={() => {
            say({ ...said, [field.name]: null });
          }}
        />
      ))}
      <div className="jp-pipes-actions">
        <button
          type="submit"
          className="jp-Button jp-mod-styled jp-mod-accept"
          disabled={isWrong || isBusy}
        >
          {trans.__('Run with these')}
        </button>
        <button
          type="button"
          className="jp-Button jp-mod-styled"
          aria-expanded={isPreviewed}
          disabled={isWrong}
          onClick={() => {
            setPreviewed(!isPreviewed);
          }}
        >
          {trans.__('What would run')}
        </button>
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          disabled={Object.keys(texts).length === 0}
          onClick={() => {
            say(saying(fields, {}));
          }}
        >
          {trans.__('All defaults')}
        </button>
      </div>
      {isPreviewed && !isWrong && (
        <PlanPreview session={session} trans={trans} request={{ ask: 'foresee', params: texts }} />
      )}
    </form>
  );
}

function runWith(session: PipelineSession, params: Readonly<Record<string, string>>): void {
  session.ask({ ask: 'run', params }).catch((error: unknown) => {
    Notification.error(wordsOf(error), { autoClose: 10_000 });
  });
}

/** What Python says of the texts, when nobody typed for a moment. */
function useCheck(
  session: PipelineSession,
  texts: Readonly<Record<string, string>>,
  occasion: string
): ParametersChecked {
  const [checked, setChecked] = useState(UNCHECKED);
  const key = JSON.stringify(texts);
  useEffect(() => {
    if (!occasion) {
      return undefined;
    }
    let isCurrent = true;
    const clock = window.setTimeout(() => {
      const written = JSON.parse(key) as Record<string, string>;
      session.ask({ ask: 'check parameters', texts: written }).then(
        answer => {
          if (isCurrent) {
            setChecked(answer);
          }
        },
        // A run with them is told what stands against it.
        () => undefined
      );
    }, TYPING_MILLISECONDS);
    return () => {
      isCurrent = false;
      window.clearTimeout(clock);
    };
  }, [session, key, occasion]);
  return checked;
}

/** References to the other parameters. */
function references(fields: readonly ParameterField[], self: string): string[] {
  return fields.filter(({ name }) => name !== self).map(({ name }) => `\${params.${name}}`);
}
