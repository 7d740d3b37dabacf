/** The kernel of a notebook, which may not be there yet. */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { PromiseDelegate } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** What Lab says of a kernel that will be there, or for which the user is asked. */
const COMING: ReadonlySet<string> = new Set([
  'initializing',
  'starting',
  'connecting',
  'restarting',
  'terminating'
]);

/** Lab tells nobody when it has begun to start a kernel: first it asks the server for checkpoints. */
const START_MILLISECONDS = 10_000;

/** Wait until Lab, by all odds, has begun to start a notebook's kernel, or to ask the user for one. */
export async function begun(panel: NotebookPanel): Promise<void> {
  await panel.context.ready;
  await new Promise(resolve => setTimeout(resolve, START_MILLISECONDS));
}

/**
 * The kernel of a notebook, once Lab is connected with it.
 *
 * It is started by Lab. Throws where there is none, as the user has to choose it, or where none answers.
 *
 * @param begin resolves when Lab has begun to start one
 */
export async function kernelOf(
  context: ISessionContext,
  begin: Promise<void>
): Promise<Kernel.IKernelConnection> {
  const there = until(context, () => !COMING.has(context.kernelDisplayStatus));
  try {
    await Promise.race([there.held, toChoose(context, begin)]);
  } finally {
    there.stop();
  }
  const kernel = context.session?.kernel;
  if (!kernel) {
    throw new Error('this notebook has no kernel: choose one');
  }
  if (kernel.connectionStatus === 'disconnected') {
    throw new Error('the kernel does not answer: choose Reconnect to Kernel in the menu Kernel');
  }
  return kernel;
}

/** Wait until the user is asked for a kernel; forever, if Lab knows which. */
async function toChoose(context: ISessionContext, begin: Promise<void>): Promise<void> {
  await begin;
  // Before Lab has begun, this would begin without knowing which kernel.
  if (!(await context.initialize())) {
    await new Promise(() => undefined);
  }
}

/** Something that is waited for, until it is there or nobody waits any more. */
interface Wait {
  readonly held: Promise<void>;
  readonly stop: () => void;
}

/** Look whether something holds, now and whenever one of a notebook's signals may tell of it. */
function until(context: ISessionContext, holds: () => boolean): Wait {
  const signals: readonly ISignal<unknown, unknown>[] = [
    context.statusChanged,
    context.kernelChanged,
    context.connectionStatusChanged,
    context.kernelPreferenceChanged
  ];
  const held = new PromiseDelegate<void>();
  const look = (): void => {
    if (holds()) {
      held.resolve();
    }
  };
  signals.forEach(signal => signal.connect(look));
  look();
  return {
    held: held.promise,
    stop: () => {
      signals.forEach(signal => signal.disconnect(look));
    }
  };
}
