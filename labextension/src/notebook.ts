/** A notebook's cells: as the kernel is told them, and how a step's cell is found and shown. */
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import type { LiveCell } from './wire';
import { parsed } from './cells/stepline';
import type { WrittenCell } from './cells/words';
import { roleOf, stepLineIn, usedBelow } from './roles';

/** All cells, in order. */
export function cellsOf(notebook: Notebook): LiveCell[] {
  const cells = notebook.model ? Array.from(notebook.model.cells) : [];
  return cells.map(cell => ({
    id: cell.id,
    source: cell.sharedModel.getSource(),
    is_code: cell.type === 'code'
  }));
}

/** Cell -> the pipeline that it belongs to: that of the nearest `%pipeline use` above it; "" above the first. */
export function pipelinesOf(notebook: Notebook): ReadonlyMap<string, string> {
  const pipelines = new Map<string, string>();
  let pipeline = '';
  for (const cell of cellsOf(notebook)) {
    pipelines.set(cell.id, pipeline);
    pipeline = (cell.is_code && usedBelow(cell.source)) || pipeline;
  }
  return pipelines;
}

/** Whether one of the cells is a step, declares parameters or sets steps up. */
export function hasSteps(notebook: Notebook): boolean {
  const cells = notebook.model ? Array.from(notebook.model.cells) : [];
  return cells.some(
    cell => cell.type === 'code' && /^%%step\b/m.test(cell.sharedModel.getSource())
  );
}

/** The text of all cells that declare parameters. */
export function parametersOf(notebook: Notebook): string {
  const sources = cellsOf(notebook).map(cell => cell.source);
  return sources.filter(source => /^%%params\b/m.test(source)).join('\n');
}

/** The text of all cells that run in the kernel as they stand. */
export function plainTextOf(notebook: Notebook): string {
  const sources = cellsOf(notebook).filter(cell => cell.is_code);
  return sources
    .map(cell => cell.source)
    .filter(source => ['plain', 'setup'].includes(roleOf(source).kind))
    .join('\n');
}

/** The step that a cell is by its first line; null if it is none. */
export function writtenStepOf(cell: Cell | null): WrittenCell | null {
  if (cell?.model.type !== 'code') {
    return null;
  }
  const source = cell.model.sharedModel.getSource();
  const line = stepLineIn(source);
  if (!line) {
    return null;
  }
  const { name, options } = parsed(line.text);
  const isAppended = options.some(option => option.flag === '--append');
  return { id: cell.model.id, name: name?.text ?? '', isAppended };
}

/** The name of the step that a cell is; "" if it is none. */
export function stepNameOf(cell: Cell | null): string {
  return writtenStepOf(cell)?.name ?? '';
}

/** Make a cell the active one and bring it into view. */
export async function reveal(notebook: Notebook, cell: string): Promise<void> {
  const index = notebook.widgets.findIndex(widget => widget.model.id === cell);
  if (index >= 0) {
    notebook.deselectAll();
    notebook.activeCellIndex = index;
    await notebook.scrollToItem(index, 'smart');
  }
}

/** Put the cursor at the beginning of a line of a cell, counted from 1. */
export async function revealLine(notebook: Notebook, cell: string, line: number): Promise<void> {
  await reveal(notebook, cell);
  const editor = notebook.activeCell?.editor;
  if (editor) {
    notebook.mode = 'edit';
    editor.focus();
    editor.setCursorPosition({ line: Math.min(line, editor.lineCount) - 1, column: 0 });
  }
}

/** Whether the top of a cell, where its header is, is seen. */
export function isInView(notebook: Notebook, cell: string): boolean {
  const node = notebook.widgets.find(widget => widget.model.id === cell)?.node;
  if (!node?.isConnected) {
    return false;
  }
  const { top, bottom } = notebook.node.getBoundingClientRect();
  const header = node.getBoundingClientRect().top;
  return header >= top && header < bottom;
}
