/** Lines of ours run in a kernel for a button: behind the cell that runs, and unseen in the history. */
import type { Kernel } from '@jupyterlab/services';
import { Refused } from './link';
import type { PipelineSession } from './session';

/** What a kernel wants of the front end; with the source `set_next_input`, that a cell is written. */
interface Payload {
  readonly source: string;
  readonly text: string;
}

/**
 * Run `%pipeline LINE` in a notebook's kernel.
 *
 * @returns the text of the cell that the line wants to be written; "" if none
 * @throws Refused with what stands against it
 */
export async function runMagic(session: PipelineSession, line: string): Promise<string> {
  await session.connect();
  const kernel = session.panel.sessionContext.session?.kernel;
  if (!kernel) {
    throw new Error('this notebook has no kernel: choose one');
  }
  return executed(kernel, `get_ipython().run_line_magic("pipeline", ${JSON.stringify(line)})`);
}

async function executed(kernel: Kernel.IKernelConnection, code: string): Promise<string> {
  const { content } = await kernel.requestExecute({ code, silent: true, store_history: false })
    .done;
  if (content.status === 'ok') {
    const payload = (content.payload ?? []) as unknown as readonly Payload[];
    return payload.find(({ source }) => source === 'set_next_input')?.text ?? '';
  }
  throw 'evalue' in content
    ? new Refused(content.ename, content.evalue)
    : new Refused('Interrupted', 'it was interrupted');
}
