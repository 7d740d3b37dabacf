/** What waits for approval, above the tabs: what each step asks, with buttons to answer. */
import type { JSX } from 'react';
import { useState } from 'react';
import type { BoardGate } from '../wire';
import { wordsOf } from './asking';
import type { TabProps } from './tabs';

/** A line for each gate; nothing while none waits. */
export function Gates(props: TabProps): JSX.Element | null {
  const waiting = props.session.board?.steps.filter(step => step.gate) ?? [];
  return waiting.length === 0 ? null : (
    <div className="jp-pipes-gates" role="status">
      {waiting.map(
        ({ name, gate }) => gate && <Question key={name} {...props} {...{ name, gate }} />
      )}
    </div>
  );
}

interface QuestionProps extends TabProps {
  readonly name: string;
  readonly gate: BoardGate;
}

function Question({ session, trans, name, gate }: QuestionProps): JSX.Element {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState('');
  const answer = (approved: boolean): void => {
    setProblem('');
    session
      .ask({ ask: 'answer gate', step: name, approved, reason: reason.trim() })
      .catch((error: unknown) => {
        setProblem(wordsOf(error));
      });
  };
  const since = new Date(gate.since * 1000).toLocaleTimeString();
  return (
    <div className="jp-pipes-gate">
      <p>
        <b>{name}</b> {trans.__('waits for approval since %1:', since)} {gate.text}
      </p>
      <input
        className="jp-mod-styled"
        aria-label={trans.__('Why %1 is approved or refused', name)}
        placeholder={trans.__('why (if you like)')}
        value={reason}
        onChange={event => {
          setReason(event.target.value);
        }}
      />
      <Answer
        label={trans.__('Approve')}
        about={name}
        give={() => {
          answer(true);
        }}
      />
      <Answer
        label={trans.__('Refuse')}
        about={name}
        give={() => {
          answer(false);
        }}
      />
      {problem && <p className="jp-pipes-notice">{problem}</p>}
    </div>
  );
}

interface AnswerProps {
  readonly label: string;
  readonly about: string;
  readonly give: () => void;
}

function Answer({ label, about, give }: AnswerProps): JSX.Element {
  return (
    <button
      type="button"
      className="jp-Button jp-mod-styled"
      aria-label={`${label} ${about}`}
      onClick={give}
    >
      {label}
    </button>
  );
}
