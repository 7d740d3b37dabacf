/** One parameter of the form: its field by its type, what it is, and what is wrong with what was typed. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { ParameterField } from '../../wire';
import { isLong } from './texts';

interface FieldProps {
  readonly field: ParameterField;
  readonly text: string;
  readonly isChanged: boolean;
  readonly misfit: string;
  /** References that it may be. */
  readonly offered: readonly string[];
  /** What it comes to, where nothing is said. */
  readonly value: string;
  /** Its values where it takes several; null where it has one. */
  readonly several: string | null;
  readonly trans: TranslationBundle;
  readonly onChange: (text: string) => void;
  readonly onReset: () => void;
  /** Have it take these values; null for one again. */
  readonly onSeveral: (values: string | null) => void;
  /** The values that it begins with, where it is to take several. */
  readonly begun: string;
}

/** The field with its words. */
export function Field(props: FieldProps): JSX.Element {
  const { field, isChanged, misfit, several, begun, trans, onReset, onSeveral } = props;
  const id = idOf(field);
  const isSeveral = several !== null;
  return (
    <div className="jp-pipes-field" data-changed={isChanged || isSeveral}>
      <div className="jp-pipes-line">
        <label htmlFor={id}>{field.name}</label>
        <code className="jp-pipes-quiet" title={field.annotation}>
          {field.annotation}
        </code>
        <span className="jp-pipes-ways">
          {isChanged && !isSeveral && (
            <button
              type="button"
              className="jp-pipes-link jp-pipes-reset"
              title={trans.__('Back to the default: %1', field.declared)}
              aria-label={trans.__('Reset %1 to its default', field.name)}
              onClick={onReset}
            >
              ↺ {field.declared}
            </button>
          )}
          <button
            type="button"
            className="jp-pipes-link jp-pipes-several"
            aria-pressed={isSeveral}
            aria-label={trans.__('Several values of %1', field.name)}
            title={
              isSeveral
                ? trans.__('Back to one value')
                : trans.__('Try several values: a run for each')
            }
            onClick={() => {
              onSeveral(isSeveral ? null : begun);
              // Who asked for several values goes on by typing them.
              requestAnimationFrame(() => {
                document.getElementById(id)?.focus();
              });
            }}
          >
            {isSeveral ? trans.__('one value') : trans.__('several values')}
          </button>
        </span>
      </div>
      {isSeveral ? <Several {...props} values={several} /> : <Input {...props} />}
      {field.help && (
        <div id={`${id}-help`} className="jp-pipes-quiet">
          {field.help}
        </div>
      )}
      <div id={`${id}-misfit`} className="jp-pipes-misfit" aria-live="polite">
        {misfit}
      </div>
    </div>
  );
}

/** Several values in one text: `0.1, 0.2`, or `2..5`. */
function Several({
  field,
  values,
  misfit,
  trans,
  onSeveral
}: FieldProps & { readonly values: string }): JSX.Element {
  const id = idOf(field);
  return (
    <input
      id={id}
      className="jp-pipes-input"
      type="text"
      value={values}
      placeholder={trans.__('values with commas, or a range: 2..5')}
      title={trans.__('Values with commas, or a range: 2..5')}
      aria-invalid={misfit !== ''}
      aria-describedby={`${id}-help ${id}-misfit`}
      spellCheck={false}
      autoComplete="off"
      onChange={event => {
        onSeveral(event.target.value);
      }}
    />
  );
}

function Input({ field, text, misfit, offered, value, onChange }: FieldProps): JSX.Element {
  const id = idOf(field);
  const about = {
    id,
    'aria-invalid': misfit !== '',
    'aria-describedby': `${id}-help ${id}-misfit`,
    title: field.allowed
  };
  if (field.kind === 'switch') {
    return (
      <input
        {...about}
        type="checkbox"
        checked={text === 'true'}
        onChange={event => {
          onChange(String(event.target.checked));
        }}
      />
    );
  }
  const onText = (event: { readonly target: { readonly value: string } }): void => {
    onChange(event.target.value);
  };
  if (field.kind === 'choice') {
    return (
      <select {...about} className="jp-pipes-input" value={text} onChange={onText}>
        {!field.choices.includes(text) && <option value={text}>{text}</option>}
        {field.choices.map(choice => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  const shown = {
    ...about,
    className: 'jp-pipes-input',
    value: text,
    onChange: onText
  };
  const hint = value || field.declared;
  if (field.kind === 'text' && isLong(text)) {
    return <textarea {...shown} rows={4} placeholder={hint} />;
  }
  const isNumber = field.kind !== 'text';
  // A field of type "number" would hide what does not fit from Python, which says what does.
  return (
    <>
      <input
        {...shown}
        type="text"
        inputMode={isNumber ? 'decimal' : 'text'}
        placeholder={hint}
        spellCheck={false}
        autoComplete="off"
        list={`${id}-offered`}
      />
      <datalist id={`${id}-offered`}>
        {offered.map(word => (
          <option key={word} value={word} />
        ))}
      </datalist>
    </>
  );
}

function idOf(field: ParameterField): string {
  return `jp-pipes-parameter-${field.name}`;
}
