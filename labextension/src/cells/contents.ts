/** What a sheet shows of a step: reasons with their diff, or the end of its log; as text, never interpreted. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LogTail, Reasons } from '../wire';
import { diffSign } from '../words';

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
