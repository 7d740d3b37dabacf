/** A look inside an artifact: a page of a table, a picture, or text; nothing of it is taken as HTML. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import { useState } from 'react';
import type { PipelineSession } from '../../session';
import type { ArtifactShown, ValueShown } from '../../wire';
import { useAnswer } from '../asking';

const PAGE = 100;

interface InsideProps {
  readonly session: PipelineSession;
  readonly artifact: ArtifactShown;
  readonly trans: TranslationBundle;
  readonly occasion: string;
}

/** What is seen. */
export function Inside({ session, artifact, trans, occasion }: InsideProps): JSX.Element {
  const [start, setStart] = useState(0);
  const { step, name } = artifact;
  const { answer, problem } = useAnswer(
    session,
    { ask: 'look inside', step, name, start },
    occasion
  );
  if (!answer) {
    return <p className="jp-pipes-quiet">{problem || trans.__('Loading…')}</p>;
  }
  if (answer.kind === 'image') {
    return (
      <img
        className="jp-pipes-picture"
        src={`data:${answer.form ?? 'image/png'};base64,${answer.data ?? ''}`}
        alt={artifact.preview || name}
      />
    );
  }
  if (answer.kind === 'text') {
    return <pre>{answer.text ?? ''}</pre>;
  }
  return (
    <>
      <Pages shown={answer} trans={trans} onTurn={setStart} />
      <div className="jp-pipes-values">
        <table className="jp-pipes-table">
          <thead>
            <tr>
              {answer.columns?.map((column, place) => (
                <th key={place}>{column}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.rows?.map(([label, ...cells], place) => (
              <tr key={place}>
                <th scope="row">{label}</th>
                {cells.map((cell, column) => (
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface PagesProps {
  readonly shown: ValueShown;
  readonly trans: TranslationBundle;
  readonly onTurn: (start: number) => void;
}

/** Which rows are shown, and the way to the others. */
function Pages({ shown, trans, onTurn }: PagesProps): JSX.Element | null {
  const { start = 0, total = 0, rows = [], left_out = 0 } = shown;
  const columns = left_out > 0 ? trans.__('%1 columns more', left_out) : '';
  if (total <= PAGE && !columns) {
    return null;
  }
  const end = start + rows.length;
  const turn = (to: number, label: string, isThere: boolean): JSX.Element => (
    <button
      type="button"
      className="jp-Button jp-mod-styled jp-mod-minimal"
      aria-label={label}
      disabled={!isThere}
      onClick={() => {
        onTurn(Math.max(to, 0));
      }}
    >
      {to < start ? '‹' : '›'}
    </button>
  );
  return (
    <div className="jp-pipes-line jp-pipes-pages">
      {turn(start - PAGE, trans.__('Rows before'), start > 0)}
      <span aria-live="polite">
        {trans.__('rows %1 to %2 of %3', start + 1, end, total.toLocaleString('en'))}
      </span>
      {turn(start + PAGE, trans.__('Rows behind'), end < total)}
      <span className="jp-pipes-quiet">{columns}</span>
    </div>
  );
}
