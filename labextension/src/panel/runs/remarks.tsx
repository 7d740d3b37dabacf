/** What can be done with a kept run: label it, put it away, take it up again, run it with other values. */
import type { JSX } from 'react';
import { useState } from 'react';
import type { OpenedRun } from '../../wire';
import type { OpenedProps } from './opened';
import { wordsOf } from '../asking';

interface RemarksProps extends OpenedProps {
  readonly opened: OpenedRun;
  onChanged(): void;
}

/** The buttons, with the forms that they open. */
export function Remarks(props: RemarksProps): JSX.Element {
  const { opened, trans, source, run, onChanged, onOpen, onCompare } = props;
  const [isRepeating, setRepeating] = useState(false);
  const [problem, setProblem] = useState('');
  const told = (asked: Promise<unknown>): void => {
    setProblem('');
    asked.then(onChanged, (error: unknown) => {
      setProblem(wordsOf(error));
    });
  };
  const { archived } = opened.line;
  return (
    <section aria-label={trans.__('Actions')}>
      <div className="jp-pipes-actions">
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          disabled={Boolean(opened.obstacle)}
          title={opened.obstacle || trans.__('Run its own code with other values')}
          aria-expanded={isRepeating}
          onClick={() => {
            setRepeating(!isRepeating);
          }}
        >
          {trans.__('Repeat…')}
        </button>
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          title={trans.__('Choose another run to compare it with')}
          onClick={() => {
            onCompare(run);
          }}
        >
          {trans.__('Compare with…')}
        </button>
        {opened.can_resume && (
          <button
            type="button"
            className="jp-Button jp-mod-styled jp-mod-minimal"
            title={trans.__('Run what did not complete')}
            onClick={() => {
              told(source.ask({ ask: 'resume run', run }));
            }}
          >
            {trans.__('Resume')}
          </button>
        )}
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          onClick={() => {
            told(source.ask({ ask: 'archive run', run, archived: !archived }));
          }}
        >
          {archived ? trans.__('Take out of the archive') : trans.__('Archive')}
        </button>
      </div>
      <Labels
        {...props}
        onTags={tags => {
          told(source.ask({ ask: 'tag run', run, tags }));
        }}
      />
      {problem && (
        <pre role="alert" className="jp-pipes-refusal">
          {problem}
        </pre>
      )}
      {isRepeating && (
        <RepeatForm
          {...props}
          onSend={params => {
            setProblem('');
            source.ask({ ask: 'repeat run', run, params }).then(
              started => {
                onOpen(started.run);
              },
              (error: unknown) => {
                setProblem(wordsOf(error));
              }
            );
          }}
        />
      )}
    </section>
  );
}

function Labels({
  opened,
  trans,
  onTags
}: RemarksProps & { onTags(tags: readonly string[]): void }): JSX.Element {
  const [text, setText] = useState('');
  const { tags } = opened.line;
  return (
    <form
      className="jp-pipes-tags"
      onSubmit={event => {
        event.preventDefault();
        const added = text.split(/[\s,]+/).filter(Boolean);
        if (added.length) {
          onTags([...tags, ...added]);
          setText('');
        }
      }}
    >
      {tags.map(tag => (
        <span key={tag} className="jp-pipes-tag">
          {tag}
          <button
            type="button"
            aria-label={trans.__('Take the tag %1 away', tag)}
            onClick={() => {
              onTags(tags.filter(each => each !== tag));
            }}
          >
            ×
          </button>
        </span>
      ))}
      <input
        type="text"
        className="jp-mod-styled"
        aria-label={trans.__('New tags')}
        placeholder={trans.__('add a tag')}
        value={text}
        onChange={event => {
          setText(event.target.value);
        }}
      />
    </form>
  );
}

function RepeatForm({
  opened,
  trans,
  onSend
}: RemarksProps & { onSend(params: Readonly<Record<string, string>>): void }): JSX.Element {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const { fields } = opened;
  return (
    <form
      className="jp-pipes-repeat"
      onSubmit={event => {
        event.preventDefault();
        const changed = fields.filter(({ name, value }) => (texts[name] ?? value) !== value);
        onSend(Object.fromEntries(changed.map(({ name }) => [name, texts[name] ?? ''])));
      }}
    >
      {fields.map(({ name, annotation, value, help, choices }) => {
        const shared = {
          id: `jp-pipes-repeat-${name}`,
          className: 'jp-mod-styled',
          value: texts[name] ?? value
        };
        const take = (text: string): void => {
          setTexts({ ...texts, [name]: text });
        };
        return (
          <div key={name}>
            <label htmlFor={shared.id}>
              <b>{name}</b> <span className="jp-pipes-quiet">{annotation}</span>
            </label>
            {choices.length ? (
              <select
                {...shared}
                onChange={event => {
                  take(event.target.value);
                }}
              >
                {choices.map(choice => (
                  <option key={choice}>{choice}</option>
                ))}
              </select>
            ) : (
              <input
                type="text"
                {...shared}
                onChange={event => {
                  take(event.target.value);
                }}
              />
            )}
            {help && <span className="jp-pipes-quiet">{help}</span>}
          </div>
        );
      })}
      {fields.length === 0 && <p>{trans.__('It has no parameters.')}</p>}
      <button type="submit" className="jp-Button jp-mod-styled jp-mod-accept">
        {trans.__('Run with these')}
      </button>
    </form>
  );
}
