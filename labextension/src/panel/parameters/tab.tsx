/** The tab "Parameters": a form from `%%params`, checked by Python while one types, and a run or a sweep with it. */
import { Notification } from '@jupyterlab/apputils';
import type { JSX } from 'react';
import { useEffect, useState } from 'react';
import { isRunning } from '../../model';
import { parametersOf } from '../../notebook';
import type { PipelineSession } from '../../session';
import type { Body } from '../../link';
import type { ParametersChecked, SweepChecked } from '../../wire';
import { useAnswer, wordsOf } from '../asking';
import { PlanPreview } from '../plan/preview';
import type { ParameterField } from '../../wire';
import { turnToSweep } from '../runs/view';
import type { TabProps } from '../tabs';
import { Field } from './field';
import { PresetBar } from './presetbar';
import { SweepBar } from './sweepbar';
import { NOTHING_SWEPT, severalOf, single, sweepAsked, withValues, type Swept } from './swept';
import { isChanged, saying, shownText, textsOf, type Said } from './texts';

const TYPING_MILLISECONDS = 250;
const UNCHECKED: ParametersChecked = { misfits: {}, values: {} };

/** What was typed for each notebook, while its page is open. */
const typed = new WeakMap<PipelineSession, Said>();
const typedSweeps = new WeakMap<PipelineSession, Swept>();

/** The form. */
export function ParametersTab({ session, trans }: TabProps): JSX.Element {
  const [said, setSaid] = useState<Said>(typed.get(session) ?? {});
  const [isPreviewed, setPreviewed] = useState(false);
  const occasion = `${parametersOf(session.panel.content)} ${session.board?.heading.run?.id ?? ''}`;
  const { answer, problem } = useAnswer(session, { ask: 'parameters' }, occasion);
  const fields = answer?.fields ?? [];
  const [swept, setSwept] = useState<Swept>(typedSweeps.get(session) ?? NOTHING_SWEPT);
  const texts = single(textsOf(fields, said), swept);
  const asked = sweepAsked(fields, swept);
  const checked = useCheck(session, texts, answer ? occasion : '');
  const sweep = useSweepCheck(session, asked, occasion);
  const say = (next: Said): void => {
    typed.set(session, next);
    setSaid(next);
  };
  const saySwept = (next: Swept): void => {
    typedSweeps.set(session, next);
    setSwept(next);
  };
  if (!answer || fields.length === 0) {
    const none = trans.__(
      'The notebook declares no parameters. A cell that begins with %%params does: rows: int = 100  # how many'
    );
    return <p className="jp-pipes-hint">{problem || (answer ? none : trans.__('Asking…'))}</p>;
  }
  const isWrong = Object.keys(checked.misfits).length > 0 || (asked !== null && !sweep?.runs);
  const isBusy = isRunning(session.board);
  const metrics = [
    ...new Set((session.board?.steps ?? []).flatMap(step => Object.keys(step.metrics)))
  ];
  const outputs = (session.board?.steps ?? []).flatMap(step =>
    step.writes.map(name => `\${${step.name}.${name}}`)
  );
  return (
    <form
      className="jp-pipes-form"
      onSubmit={event => {
        event.preventDefault();
        if (isWrong || isBusy) {
          return;
        }
        if (asked) {
          sweepWith(session, { ask: 'start sweep', ...asked, params: texts });
        } else {
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
          misfit={(sweep ?? checked).misfits[field.name] ?? checked.misfits[field.name] ?? ''}
          value={checked.values[field.name] ?? ''}
          trans={trans}
          onChange={text => {
            say({ ...said, [field.name]: text });
          }}
          onReset={() => {
            say({ ...said, [field.name]: null });
          }}
          several={swept.over[field.name] ?? null}
          begun={severalOf(field, said)}
          onSeveral={values => {
            saySwept(withValues(swept, field.name, values));
          }}
        />
      ))}
      {asked && (
        <SweepBar
          swept={swept}
          checked={sweep}
          metrics={metrics}
          trans={trans}
          onChange={saySwept}
        />
      )}
      <div className="jp-pipes-actions">
        <button
          type="submit"
          className="jp-Button jp-mod-styled jp-mod-accept"
          disabled={isWrong || isBusy}
        >
          {asked ? startWords(sweep?.runs ?? 0, trans) : trans.__('Run with these')}
        </button>
        {!asked && (
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
        )}
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          disabled={Object.keys(texts).length === 0 && !asked}
          onClick={() => {
            say(saying(fields, {}));
            saySwept(NOTHING_SWEPT);
          }}
        >
          {trans.__('All defaults')}
        </button>
      </div>
      {isPreviewed && !isWrong && !asked && (
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

/** Begin a sweep, and turn to its table. */
function sweepWith(session: PipelineSession, request: Body<'start sweep'>): void {
  session.ask(request).then(
    ({ sweep }) => {
      turnToSweep(session, sweep);
      session.showTab('runs');
    },
    (error: unknown) => {
      Notification.error(wordsOf(error), { autoClose: 10_000 });
    }
  );
}

function startWords(runs: number, trans: TabProps['trans']): string {
  return runs > 0
    ? trans._n('Start sweep: %1 run', 'Start sweep: %1 runs', runs)
    : trans.__('Start sweep');
}

/** What Python says of a sweep, when nobody typed for a moment; null where nothing is swept. */
function useSweepCheck(
  session: PipelineSession,
  asked: ReturnType<typeof sweepAsked>,
  occasion: string
): SweepChecked | null {
  const text = useSettled(JSON.stringify(asked));
  const settled = JSON.parse(text) as typeof asked;
  const request = settled && { ask: 'check sweep' as const, ...settled };
  const { answer } = useAnswer(session, asked && request, occasion);
  return asked && answer;
}

/** A text as it was when it last stayed the same for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const clock = window.setTimeout(() => {
      setSettled(text);
    }, TYPING_MILLISECONDS);
    return () => {
      window.clearTimeout(clock);
    };
  }, [text]);
  return settled;
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
