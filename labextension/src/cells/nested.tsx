/** The pipeline that a step is, folded open: its graph, and below how each of its steps stands. */
import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import type { JSX } from 'react';
import { useState } from 'react';
import { Drawing } from '../panel/runs/drawing';
import type { OpenedRun } from '../wire';

/** The room that the graph gets in px; the layout is asked for it. */
export const NESTED_ROOM = { width: 640, height: 220 };

/**
 * The graph of a step's own run above what is told of its steps.
 *
 * @param step the step that the pipeline is
 * @param opened its run
 * @param steps a table with a row for each of its steps
 */
export function nestedContent(
  step: string,
  opened: OpenedRun,
  steps: HTMLElement,
  trans: TranslationBundle
): Widget {
  const mark = (name: string): void => {
    for (const row of steps.querySelectorAll('tr')) {
      row.classList.toggle('jp-pipes-selected', row.dataset.name === `${step}[${name}]`);
    }
  };
  const content = new Panel();
  content.addClass('jp-pipes-nested');
  content.addWidget(ReactWidget.create(<Graph opened={opened} trans={trans} onSelect={mark} />));
  content.addWidget(new Widget({ node: steps }));
  return content;
}

interface GraphProps {
  readonly opened: OpenedRun;
  readonly trans: TranslationBundle;
  onSelect(step: string): void;
}

function Graph({ opened, trans, onSelect }: GraphProps): JSX.Element {
  const [selected, setSelected] = useState('');
  return (
    <Drawing
      board={opened.board}
      layout={opened.layout}
      selected={selected}
      trans={trans}
      onSelect={step => {
        setSelected(step);
        onSelect(step);
      }}
    />
  );
}
