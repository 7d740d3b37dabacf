/** The comms with a kernel: opened, loaded for where needed, and what is asked matched with what is answered. */
import { KernelMessage, type Kernel } from '@jupyterlab/services';
import { PromiseDelegate, type JSONObject } from '@lumino/coreutils';
import { COMMANDS, EVENTS, PACKAGE, READING } from './wire';
import type { Answers, BoardMessage, CellPlace, Message, Reply } from './wire';

type Request = Message['request'];
/** What can be asked, by its name on the wire. */
export type Ask = Request['ask'];
/** The request of that name. */
export type Body<K extends Ask> = Extract<Request, { ask: K }>;

/** A request that the kernel did not carry out; the message says why and what to do, `place` which cell it is about. */
export class Refused extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly place: CellPlace | null = null
  ) {
    super(message);
  }
}

/** The link ended before the answer came. */
export class Disconnected extends Refused {
  constructor() {
    super('Disconnected', 'the kernel is gone');
  }
}

/** The Python package is not there, or its magics could not be loaded. */
export class PackageMissing extends Error {}

const LOAD = 'get_ipython().extension_manager.load_extension("jupyter_pipes")';
const SUBSHELL_MILLISECONDS = 2000;

/** What Lab's comms have, though their interface does not say it: when the thread that answers them is there. */
type OnSubshell = Kernel.IComm & { readonly subshellStarted?: Promise<void> };

/** What may take seconds is asked on a comm of its own, so that no button waits for it. */
const READS: ReadonlySet<Ask> = new Set([
  'runs',
  'open run',
  'look at step',
  'compare runs',
  'sweep'
] as const);

/** The comms, open; the one for reading, once something is read. */
export class Link {
  private constructor(
    private readonly _kernel: Kernel.IKernelConnection,
    private readonly _commands: Kernel.IComm
  ) {
    _commands.onMsg = this._onReply;
  }

  /** Open the comm to ask on; the magics are loaded first where they are not. */
  static async open(kernel: Kernel.IKernelConnection): Promise<Link> {
    let commands = await opened(kernel, COMMANDS);
    if (!commands) {
      await load(kernel);
      commands = await opened(kernel, COMMANDS);
    }
    if (!commands) {
      throw new PackageMissing(olderText(''));
    }
    return new Link(kernel, commands);
  }

  /**
   * Have the kernel tell the board, at once and whenever it changes: of the cells that it knows.
   *
   * @param onMessage called with each message about the board, in order
   * @param onClose called when the kernel ends the link
   */
  async listen(onMessage: (message: BoardMessage) => void, onClose: () => void): Promise<void> {
    this._events = opened(this._kernel, EVENTS, message => {
      onMessage(message.content.data as unknown as BoardMessage);
    });
    const events = await this._events;
    if (!events) {
      throw new PackageMissing(olderText(''));
    }
    this._commands.onClose = events.onClose = onClose;
  }

  /**
   * Ask the kernel for something; it answers also while a cell runs.
   *
   * @param key of what may be asked once more and is to be carried out once
   * @param pipeline what it is about, as `%pipeline use` calls it; null for the one in use
   */
  async ask<K extends Ask>(
    request: Body<K>,
    key = '',
    pipeline: string | null = null
  ): Promise<Answers[K]> {
    const comm = READS.has(request.ask) ? await this._reader() : this._commands;
    const number = this._number++;
    const waiting = new PromiseDelegate<Reply>();
    this._waiting.set(number, waiting);
    comm.send({ number, request, key, pipeline } as unknown as JSONObject);
    const reply = await waiting.promise;
    if (reply.refusal) {
      const { type, message, place } = reply.refusal;
      throw new Refused(type, message, place ?? null);
    }
    return reply.answer as Answers[K];
  }

  /** Close all, so that the kernel tells nothing more to nobody. */
  close(): void {
    for (const opening of [this._commands, this._events, this._reading]) {
      void Promise.resolve(opening).then(comm => {
        if (comm && !comm.isDisposed) {
          comm.onClose = () => undefined;
          closeOnMain(this._kernel, comm);
        }
      });
    }
    this.abandon();
  }

  /** Tell all who wait for an answer that none will come. */
  abandon(): void {
    for (const waiting of this._waiting.values()) {
      waiting.reject(new Disconnected());
    }
    this._waiting.clear();
  }

  private async _reader(): Promise<Kernel.IComm> {
    this._reading ??= opened(this._kernel, READING, this._onReply);
    return (await this._reading) ?? this._commands;
  }

  private readonly _onReply = (message: KernelMessage.ICommMsgMsg): void => {
    const reply = message.content.data as unknown as Reply;
    this._waiting.get(reply.number)?.resolve(reply);
    this._waiting.delete(reply.number);
  };

  private _number = 0;
  private _events: Promise<Kernel.IComm | null> | null = null;
  private _reading: Promise<Kernel.IComm | null> | null = null;
  private readonly _waiting = new Map<number, PromiseDelegate<Reply>>();
}

/** What is said of a package that is older than this extension; "" for its version if it is not known. */
export function olderText(version: string): string {
  return (
    `The jupyter_pipes of this kernel${version && ` (${version})`} is older than this extension (${PACKAGE}): ` +
    'run %pip install --upgrade jupyter_pipes in a cell, then restart the kernel.'
  );
}

/** Open a comm; null if the kernel does not know the target, as the magics are not loaded. */
async function opened(
  kernel: Kernel.IKernelConnection,
  target: string,
  onMsg: (message: KernelMessage.ICommMsgMsg) => void = () => undefined
): Promise<Kernel.IComm | null> {
  const comm = kernel.createComm(target);
  const link = { isClosed: false };
  comm.onMsg = onMsg;
  comm.onClose = () => {
    link.isClosed = true;
  };
  if (kernel.supportsSubshells) {
    // Else opening it would wait for the cell that runs.
    await Promise.race([(comm as OnSubshell).subshellStarted, after(SUBSHELL_MILLISECONDS)]);
  }
  await comm.open().done;
  return link.isClosed ? null : comm;
}

/** Close a comm by a message to the kernel's main thread: that of the comm may be gone before it reads one. */
function closeOnMain(kernel: Kernel.IKernelConnection, comm: Kernel.IComm): void {
  if (!kernel.isDisposed && kernel.status !== 'dead') {
    const message = KernelMessage.createMessage({
      msgType: 'comm_close',
      channel: 'shell',
      username: kernel.username,
      session: kernel.clientId,
      content: { comm_id: comm.commId, data: {} }
    });
    kernel.sendShellMessage(message, false, true);
  }
  comm.dispose();
}

function after(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds));
}

async function load(kernel: Kernel.IKernelConnection): Promise<void> {
  const reply = await kernel.requestExecute({ code: LOAD, silent: true, store_history: false })
    .done;
  if (reply.content.status !== 'ok') {
    if ('ename' in reply.content && reply.content.ename === 'ModuleNotFoundError') {
      throw new PackageMissing(
        'The environment of this kernel has no jupyter_pipes: run %pip install jupyter_pipes in a cell, then load.'
      );
    }
    const reason = 'evalue' in reply.content ? reply.content.evalue : reply.content.status;
    throw new PackageMissing(`jupyter_pipes could not be loaded in this kernel: ${reason}`);
  }
}
