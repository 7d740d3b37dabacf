/** The nodes as buttons that are not seen: the keyboard and screen readers go through the graph by them. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX, KeyboardEvent } from 'react';
import { memo, useRef } from 'react';
import type { Layout } from '../../wire';
import { isUnfoldableIn, isUnfoldedIn, stageOf } from './faces';
import { nextNode } from './ways';

interface NodeListProps {
  readonly trans: TranslationBundle;
  readonly layout: Layout;
  /** Node -> its accessible name. */
  readonly spoken: Readonly<Record<string, string>>;
  /** The node that is in the order of Tab. */
  readonly current: string;
  readonly onFocus: (node: string) => void;
  readonly onBlur: () => void;
  /** Pressed; with Enter, it is also opened. */
  readonly onPress: (node: string, isOpened: boolean) => void;
  readonly onMenu: (node: string) => void;
  /** The pipeline that a step is shall be unfolded, or folded. */
  readonly onUnfold: (node: string) => void;
}

/** The list. */
export const NodeList = memo(NodeButtons, (before, after) => {
  return (
    before.layout === after.layout &&
    before.current === after.current &&
    (before.spoken === after.spoken ||
      JSON.stringify(before.spoken) === JSON.stringify(after.spoken))
  );
});

function NodeButtons(props: NodeListProps): JSX.Element {
  const { trans, layout, spoken, current } = props;
  const buttons = useRef(new Map<string, HTMLButtonElement>());
  const nodes = Object.keys(layout.nodes);
  const inOrder = current in layout.nodes ? current : nodes[0];
  const onKeyDown = (event: KeyboardEvent, node: string): void => {
    const next = nextNode(layout, node, event.key);
    if (next !== node) {
      buttons.current.get(next)?.focus();
    } else if (event.key === 'Enter') {
      props.onPress(node, true);
    } else if (turns(layout, node, event.key)) {
      props.onUnfold(node);
    } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      props.onMenu(node);
    } else if (!event.key.startsWith('Arrow')) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <ul
      className="jp-pipes-hidden"
      aria-label={trans.__(
        'Graph: arrows go from node to node, Space selects, Enter shows the cell, + and − unfold and fold a pipeline, Shift+F10 opens a menu'
      )}
    >
      {nodes.map(node => (
        <li key={node}>
          <button
            ref={button => {
              if (button) {
                buttons.current.set(node, button);
              } else {
                buttons.current.delete(node);
              }
            }}
            type="button"
            tabIndex={node === inOrder ? 0 : -1}
            aria-expanded={isExpanded(layout, node)}
            onClick={() => {
              props.onPress(node, false);
            }}
            onFocus={() => {
              props.onFocus(node);
            }}
            onBlur={props.onBlur}
            onKeyDown={event => {
              onKeyDown(event, node);
            }}
            onContextMenu={event => {
              event.preventDefault();
            }}
          >
            {spoken[node] ?? node}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Whether the steps that a node holds are shown; undefined if it holds none. */
function isExpanded(layout: Layout, node: string): boolean | undefined {
  return stageOf(node) || isUnfoldableIn(layout, node) ? isUnfoldedIn(layout, node) : undefined;
}

/** Whether a key unfolds the pipeline that a node is, or folds it. */
function turns(layout: Layout, node: string, key: string): boolean {
  return isUnfoldableIn(layout, node) && key === (isUnfoldedIn(layout, node) ? '-' : '+');
}
