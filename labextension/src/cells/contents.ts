/** What a sheet shows of a step: reasons with their diff, or the end of its log; as text, never interpreted. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { statusText } from '../statuses';
import type { ElementList, ElementShown, LogTail, Reasons } from '../wire';
import { diffSign, durationText } from '../words';

// eslint-disable-next-line no-control-regex -- colours of a terminal begin with a control character
const COLOURS = /\u001b\[[0-9;]*m/g;

/** The reasons as a list, with what changed line by line. */
export async function reasonsContent(
  asked: Promise<Reasons>,
  trans: TranslationBundle
): Promise<HTMLElement> {
  const { reasons, diff } = await asked;
  const content = document.createElement('div');
  const list = document.createElement('ul');
  for (const reason of reasons.filter(Boolean)) {
    const item = document.createElement('li');
    item.textContent = reason;
    list.append(item);
  }
  content.append(list);
  if (diff) {
    const lines = document.createElement('pre');
    lines.tabIndex = 0;
    lines.setAttribute('aria-label', trans.__('What changed'));
    lines.append(...diff.split('\n').map(diffLine));
    content.append(lines);
  }
  return content;
}

function diffLine(text: string): HTMLElement {
  const line = document.createElement('span');
  line.className = 'jp-pipes-diff';
  line.textContent = `${text}\n`;
  line.dataset.jupyterPipesStatus = { '+': 'completed', '-': 'failed' }[diffSign(text)] ?? '';
  return line;
}

/** The elements of a map as a table, what went wrong first; of a pipeline its steps. */
export async function elementsContent(
  asked: Promise<ElementList>,
  isPipeline: boolean,
  trans: TranslationBundle
): Promise<HTMLElement> {
  const { title, elements, more } = await asked;
  const content = document.createElement('div');
  content.className = 'jp-pipes-elements';
  content.tabIndex = 0;
  content.setAttribute('role', 'group');
  content.setAttribute('aria-label', title);
  const table = content.appendChild(document.createElement('table'));
  const first = isPipeline ? ['Step'] : ['Element', 'Value'];
  const titles = [...first, 'Status', 'Time', 'Why'].map(each => trans.__(each));
  const head = table.createTHead().insertRow();
  for (const each of titles) {
    const cell = head.appendChild(document.createElement('th'));
    cell.textContent = each;
  }
  const body = table.createTBody();
  for (const element of elements) {
    elementRow(body.insertRow(), element, isPipeline, trans);
  }
  if (more > 0) {
    const rest = content.appendChild(document.createElement('p'));
    rest.textContent = trans.__('and %1 more', more.toLocaleString('en'));
  }
  return content;
}

function elementRow(
  row: HTMLElement,
  element: ElementShown,
  isPipeline: boolean,
  trans: TranslationBundle
): void {
  const took = element.seconds > 0 ? durationText(element.seconds) : '';
  const status = statusText(element.status, trans);
  row.dataset.jupyterPipesStatus = element.status;
  row.dataset.name = element.name;
  const first = isPipeline ? [element.name] : [element.name, element.value];
  for (const text of [...first, status, took, element.why]) {
    const cell = row.appendChild(document.createElement('td'));
    cell.textContent = text;
    cell.className = text === status ? 'jp-pipes-status' : '';
  }
}

/** The log, at its end. */
export async function logContent(
  asked: Promise<LogTail>,
  trans: TranslationBundle
): Promise<HTMLElement> {
  const { text } = await asked;
  const log = document.createElement('pre');
  log.tabIndex = 0;
  log.textContent = text.replace(COLOURS, '').trimEnd() || trans.__('It printed nothing.');
  return log;
}
