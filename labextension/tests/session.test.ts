/** What a session shows while kernels come and go. */
import { PromiseDelegate } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { PipelineSession } from '../src/session';
import { COMMANDS, EVENTS, PACKAGE } from '../src/wire';
import type { Board, BoardShown, BoardStep, LiveCell } from '../src/wire';
import { boardOf, stepNamed } from './boards';

let kept: Promise<Board | null> = Promise.resolve(null);

jest.mock('@jupyterlab/services', () => ({ KernelMessage: { createMessage: () => ({}) } }));
jest.mock('../src/kernels', () => ({
  ...jest.requireActual<object>('../src/kernels'),
  begun: () => Promise.resolve()
}));
jest.mock('../src/kept', () => ({
  keptBoards: async () => {
    const board = await kept;
    return board && [shown(board)];
  }
}));

function shown(board: Board): BoardShown {
  return { kind: 'shown', number: 0, time: 0, package: PACKAGE, board };
}

/** A kernel that has the steps of the cells that it was told, and tells whoever listens. */
class Kernel {
  status = 'idle';
  connectionStatus = 'connected';
  supportsSubshells = false;
  steps: readonly BoardStep[] = [];
  told = 0;

  constructor(private readonly _listening: Promise<void> = Promise.resolve()) {}

  createComm(target: string): unknown {
    const comm = {
      isDisposed: false,
      onMsg: null as ((message: unknown) => void) | null,
      onClose: (): void => undefined,
      open: () => {
        if (target === EVENTS) {
          tell(shown(boardOf(...this.steps)));
          return { done: this._listening };
        }
        return { done: Promise.resolve() };
      },
      send: ({ number, request }: { number: number; request: { cells: LiveCell[] } }) => {
        expect(target).toBe(COMMANDS);
        this.told += 1;
        this.steps = request.cells.map(({ id }) => stepNamed(id, { cell: id }));
        tell({ number, answer: {}, refusal: null });
      },
      dispose: () => {
        comm.isDisposed = true;
      }
    };
    const tell = (data: unknown): void => {
      comm.onMsg?.({ content: { data } });
    };
    return comm;
  }

  sendShellMessage(): void {
    // A comm is closed.
  }
}

/** A notebook with cells, which are steps, and the kernel that it has. */
class Notebook {
  readonly sessionContext = {
    kernelChanged: new Signal<this, void>(this),
    statusChanged: new Signal<this, string>(this),
    connectionStatusChanged: new Signal<this, string>(this),
    kernelPreferenceChanged: new Signal<this, void>(this),
    kernelDisplayStatus: 'idle',
    ready: Promise.resolve(),
    initialize: () => Promise.resolve(false),
    session: { kernel: new Kernel() }
  };
  readonly context = { ready: Promise.resolve(), localPath: 'a.ipynb' };
  readonly revealed = Promise.resolve();
  readonly content = {
    modelContentChanged: new Signal<this, void>(this),
    model: { cells: [cell('a'), cell('b')] }
  };
}

function cell(id: string): unknown {
  return { id, type: 'code', sharedModel: { getSource: () => `%%step ${id}` } };
}

/** How many steps were shown, each time that something changed. */
function watched(session: PipelineSession): (number | null)[] {
  const counts: (number | null)[] = [];
  session.changed.connect(({ board }) => {
    counts.push(board && board.steps.length);
  });
  return counts;
}

function settled(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve));
}

beforeAll(() => {
  Object.assign(globalThis, { window: globalThis });
  Object.assign(globalThis, { addEventListener: () => undefined });
  Object.assign(globalThis, { removeEventListener: () => undefined });
});

let notebook: Notebook;
let session: PipelineSession;

async function opened(keeps: Board | null = null): Promise<void> {
  kept = Promise.resolve(keeps);
  notebook = new Notebook();
  session = new PipelineSession(notebook as unknown as NotebookPanel);
  await settled();
}

afterEach(() => {
  session.dispose();
});

test('steps that the server keeps stay until the kernel tells its own', async () => {
  const asked = opened(boardOf(stepNamed('a'), stepNamed('b')));
  const counts = watched(session);
  await asked;
  expect(session.state).toBe('live');
  expect(session.isKept).toBe(false);
  expect(new Set(counts.slice(counts.indexOf(2)))).toEqual(new Set([2]));
});

test('steps stay while a kernel restarts, until the server or the new kernel tells more', async () => {
  await opened();
  expect(session.board?.steps).toHaveLength(2);
  const counts = watched(session);
  const answer = new PromiseDelegate<Board | null>();
  kept = answer.promise;
  notebook.sessionContext.statusChanged.emit('restarting');
  expect(session.board?.steps).toHaveLength(2);
  answer.resolve(boardOf(stepNamed('a', { status: 'completed' }), stepNamed('b')));
  await settled();
  expect(session.isKept).toBe(true);
  notebook.sessionContext.session.kernel = new Kernel();
  notebook.sessionContext.statusChanged.emit('idle');
  await settled();
  expect(session.state).toBe('live');
  expect(session.board?.steps.map(step => step.status)).toEqual(['pending', 'pending']);
  expect(new Set(counts)).toEqual(new Set([2]));
});

test('what is edited while a kernel connects is told to it once it does', async () => {
  await opened();
  const listening = new PromiseDelegate<void>();
  const kernel = new Kernel(listening.promise);
  notebook.sessionContext.session.kernel = kernel;
  notebook.sessionContext.kernelChanged.emit();
  await settled();
  expect(session.state).toBe('connecting');
  notebook.content.model.cells.push(cell('c'));
  notebook.content.modelContentChanged.emit();
  listening.resolve();
  await settled();
  expect(session.state).toBe('live');
  expect(kernel.steps).toHaveLength(3);
});

test('cells of which only the outputs change are not told again', async () => {
  await opened();
  jest.useFakeTimers();
  const { told } = notebook.sessionContext.session.kernel;
  notebook.content.modelContentChanged.emit();
  await jest.advanceTimersByTimeAsync(1000);
  expect(notebook.sessionContext.session.kernel.told).toBe(told);
  notebook.content.model.cells.push(cell('c'));
  notebook.content.modelContentChanged.emit();
  await jest.advanceTimersByTimeAsync(1000);
  expect(notebook.sessionContext.session.kernel.told).toBe(told + 1);
  jest.useRealTimers();
});

test('what a kernel told that is gone is shown no more where the server keeps nothing', async () => {
  await opened();
  notebook.sessionContext.statusChanged.emit('dead');
  await settled();
  expect(session.board).toBeNull();
});
