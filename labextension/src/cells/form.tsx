/** The options of the active step as a form beside the notebook; the first line is the truth, which it edits. */
import type { Cell } from '@jupyterlab/cells';
import { NotebookTools } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Collapser, ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import { PanelLayout } from '@lumino/widgets';
import type { JSX, KeyboardEvent } from 'react';
import { useEffect, useId, useState } from 'react';
import { stepLineIn } from '../roles';
import type { IPipelines } from '../tokens';
import { STEP_NAME_RULE, STEP_OPTIONS, type Problem, type StepOption } from '../wire';
import { namesOf } from './completion';
import { offeredFor, type Names } from './suggestions';
import { joined, parsed, valuesOf, withName, withOption, wordsOf, type StepLine } from './stepline';

/** The form among Lab's notebook tools. */
export class StepTool extends NotebookTools.Tool {
  constructor(
    private readonly _pipelines: IPipelines,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-pipes-options');
    const layout = new PanelLayout();
    this.layout = layout;
    layout.addWidget(
      ReactWidget.create(<UseSignal signal={this._redraw}>{() => this._content()}</UseSignal>)
    );
    _pipelines.changed.connect(() => {
      this._redraw.emit();
    });
  }

  /** Show it from the first on: Lab adds sections closed. */
  expand(): void {
    for (let above = this.parent; above; above = above.parent) {
      if (above instanceof Collapser) {
        above.collapsed = false;
      }
    }
  }

  protected override onActiveCellChanged(): void {
    this._redraw.emit();
  }

  private _content(): JSX.Element {
    const session = this._pipelines.current;
    const cell = session?.panel.content.activeCell;
    const line = cell?.model.type === 'code' && stepLineIn(cell.model.sharedModel.getSource());
    if (!session || !cell || !line) {
      return <p>{this._trans.__('The active cell is no step.')}</p>;
    }
    const problems = session.board?.problems ?? [];
    return (
      <Form
        key={cell.model.id}
        line={line.text}
        names={namesOf(session)}
        problems={problems.filter(({ cell: id, line: at }) => id === cell.model.id && at <= 1)}
        onLine={text => {
          write(cell, text);
          this._redraw.emit();
        }}
        trans={this._trans}
      />
    );
  }

  private readonly _redraw = new Signal<this, void>(this);
}

/** Put a line in place of the `%%step` line of a cell; Undo takes it back. */
function write(cell: Cell, text: string): void {
  const line = stepLineIn(cell.model.sharedModel.getSource());
  if (line && line.text !== text) {
    cell.model.sharedModel.updateSource(line.from, line.to, text);
  }
}

interface FormProps {
  readonly line: string;
  readonly names: Names;
  readonly problems: readonly Problem[];
  readonly onLine: (line: string) => void;
  readonly trans: TranslationBundle;
}

function Form({ line, names, problems, onLine, trans }: FormProps): JSX.Element {
  const read = parsed(line);
  const told = (flag: string): string =>
    problems.find(({ message }) => message.includes(`${flag} `))?.message ?? '';
  const others = problems.filter(
    ({ message }) => !STEP_OPTIONS.some(({ flag }) => message.includes(`${flag} `))
  );
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
      }}
    >
      <TextField
        label={trans.__('Name')}
        help={STEP_NAME_RULE}
        hint=""
        value={read.name?.text ?? ''}
        offered={[]}
        problem={others.map(({ message }) => message).join('\n')}
        onValue={name => {
          onLine(withName(line, name));
        }}
      />
      {STEP_OPTIONS.map(option => (
        <OptionField
          key={option.flag}
          option={option}
          read={read}
          offered={offeredFor(option.flag, read.name?.text ?? '', names)}
          problem={told(option.flag)}
          onValues={values => {
            onLine(withOption(line, option.flag, values));
          }}
        />
      ))}
    </form>
  );
}

interface OptionProps {
  readonly option: StepOption;
  readonly read: StepLine;
  readonly offered: readonly string[];
  readonly problem: string;
  readonly onValues: (values: readonly string[] | null) => void;
}

function OptionField({ option, read, offered, problem, onValues }: OptionProps): JSX.Element {
  const values = valuesOf(read, option.flag);
  const id = useId();
  const { flag, metavar, help, takes } = option;
  if (takes === 'nothing') {
    return (
      <label className="jp-pipes-switch" title={help}>
        <input
          type="checkbox"
          checked={values !== null}
          onChange={event => {
            onValues(event.target.checked ? [] : null);
          }}
        />
        {flag}
      </label>
    );
  }
  if (metavar.includes('|')) {
    return (
      <div className="jp-pipes-option" title={help}>
        <label htmlFor={id}>{flag}</label>
        <select
          id={id}
          className="jp-mod-styled"
          value={values?.[0] ?? ''}
          onChange={event => {
            onValues(event.target.value ? [event.target.value] : null);
          }}
        >
          <option value=""></option>
          {metavar.split('|').map(choice => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </div>
    );
  }
  return (
    <TextField
      label={flag}
      help={help}
      hint={metavar}
      offered={offered}
      value={values ? (takes === 'one' ? values.join(' ') : joined(values)) : ''}
      problem={problem}
      onValue={text => {
        const words = takes === 'one' ? [text] : wordsOf(text).map(word => word.text);
        onValues(text.trim() ? words : null);
      }}
    />
  );
}

interface TextProps {
  readonly label: string;
  readonly help: string;
  readonly hint: string;
  /** What the browser offers while one types. */
  readonly offered: readonly string[];
  readonly value: string;
  readonly problem: string;
  readonly onValue: (value: string) => void;
}

/** A text that is written when it is left, or by Enter; Escape takes back what was typed. */
function TextField({
  label,
  help,
  hint,
  offered,
  value,
  problem,
  onValue
}: TextProps): JSX.Element {
  const [typed, setTyped] = useState(value);
  const id = useId();
  useEffect(() => {
    setTyped(value);
  }, [value]);
  const commit = (): void => {
    if (typed.trim() !== value) {
      onValue(typed.trim());
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      commit();
    } else if (event.key === 'Escape') {
      setTyped(value);
    }
  };
  return (
    <div className="jp-pipes-option" title={help}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="text"
        className="jp-mod-styled"
        spellCheck={false}
        placeholder={hint}
        list={offered.length ? `${id}-offered` : undefined}
        value={typed}
        aria-invalid={problem !== ''}
        aria-describedby={problem ? `${id}-problem` : undefined}
        onChange={event => {
          setTyped(event.target.value);
        }}
        onBlur={commit}
        onKeyDown={onKeyDown}
      />
      {offered.length > 0 && (
        <datalist id={`${id}-offered`}>
          {offered.map(word => (
            <option key={word} value={word} />
          ))}
        </datalist>
      )}
      {problem && (
        <p id={`${id}-problem`} data-jupyter-pipes-status="failed">
          {problem}
        </p>
      )}
    </div>
  );
}
