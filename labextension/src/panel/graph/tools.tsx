/** What stands above the graph: search, stages, zoom, and where it can be taken to. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { launchIcon } from '@jupyterlab/ui-components';
import type { JSX, KeyboardEvent, ReactNode } from 'react';
import { useSight, type Sights } from './sights';

/** What the tools show and do. */
export interface ToolsProps {
  readonly trans: TranslationBundle;
  readonly sights: Sights;
  readonly letters: string;
  /** Which match is shown, from 1, and how many there are. */
  readonly match: readonly [number, number];
  /** Whether there are stages, and whether all of them are folded. */
  readonly stages: 'none' | 'folded' | 'open';
  readonly onSearch: (letters: string) => void;
  readonly onNext: (step: 1 | -1) => void;
  readonly onStages: () => void;
  readonly onZoom: (steps: 1 | -1) => void;
  readonly onFit: () => void;
  readonly onSave: (kind: 'svg' | 'png') => void;
  /** Undefined where it stands in the main area already. */
  readonly onOpen?: (() => void) | undefined;
}

/** The tools. */
export function Tools(props: ToolsProps): JSX.Element {
  const { trans, stages } = props;
  const button = (title: string, text: ReactNode, onClick: () => void): JSX.Element => (
    <button
      type="button"
      className="jp-pipes-push"
      title={title}
      aria-label={title}
      onClick={onClick}
    >
      {text}
    </button>
  );
  return (
    <div className="jp-pipes-tools" role="group" aria-label={trans.__('Graph')}>
      <Search {...props} />
      {stages === 'open' && button(trans.__('Fold all stages'), '▾', props.onStages)}
      {stages === 'folded' && button(trans.__('Unfold all stages'), '▸', props.onStages)}
      {button(trans.__('Smaller'), '−', () => {
        props.onZoom(-1);
      })}
      <Percent {...props} />
      {button(trans.__('Larger'), '+', () => {
        props.onZoom(1);
      })}
      {button(trans.__('Fit: show all of it'), trans.__('Fit'), props.onFit)}
      {button(trans.__('Save as SVG'), 'SVG', () => {
        props.onSave('svg');
      })}
      {button(trans.__('Save as PNG'), 'PNG', () => {
        props.onSave('png');
      })}
      {props.onOpen &&
        button(
          trans.__('Open in the main area'),
          <launchIcon.react tag="span" elementSize="small" />,
          props.onOpen
        )}
    </div>
  );
}

function Percent({ trans, sights }: ToolsProps): JSX.Element {
  const sight = useSight(sights);
  return (
    <output className="jp-pipes-percent" aria-label={trans.__('Zoom')}>
      {`${Math.round((sight?.zoom ?? 1) * 100)} %`}
    </output>
  );
}

function Search({ trans, letters, match, onSearch, onNext }: ToolsProps): JSX.Element {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      onNext(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
      onSearch('');
    }
  };
  return (
    <>
      <input
        type="search"
        className="jp-pipes-search"
        placeholder={trans.__('Find…')}
        aria-label={trans.__('Find a step; Enter goes to the next')}
        value={letters}
        onChange={event => {
          onSearch(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      <output className="jp-pipes-quiet" aria-label={trans.__('Matches')}>
        {letters && `${match[0]}/${match[1]}`}
      </output>
    </>
  );
}
