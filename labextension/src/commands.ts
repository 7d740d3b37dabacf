/** What can be done with a pipeline, as commands: for buttons, menus, the palette and shortcuts. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { fastForwardIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import { suggestedName } from './cells/naming';
import { pipelineIcon } from './icons';
import { exportLabel, exportPipeline, formNamed } from './exporting';
import { isRunning, staleSteps, stepToLookAt } from './model';
import { reveal } from './notebook';
import { asStep, roleOf } from './roles';
import type { PipelineSession } from './session';
import type { IPipelines } from './tokens';
import type { BoardStep } from './wire';
import { shortened } from './words';

/** Lab cuts off what has more characters, in the midst of a word. */
const MOST_NOTIFIED = 138;

export const CommandIDs = {
  run: 'jupyter_pipes:run',
  runStale: 'jupyter_pipes:run-stale',
  stop: 'jupyter_pipes:stop',
  makeStep: 'jupyter_pipes:make-step',
  showRunning: 'jupyter_pipes:show-running',
  exportAs: 'jupyter_pipes:export',
  openPanel: 'jupyter_pipes:open-panel',
  openGraph: 'jupyter_pipes:open-graph'
} as const;

/** Add the commands, and keep their states up to date. */
export function addCommands(
  app: JupyterFrontEnd,
  pipelines: IPipelines,
  trans: TranslationBundle
): void {
  const { commands } = app;
  const current = (): PipelineSession | null => pipelines.current;
  const hasSteps = (): boolean => current()?.hasSteps ?? false;

  commands.addCommand(CommandIDs.run, {
    label: trans.__('Run pipeline'),
    caption: () => {
      const session = current();
      const words = trans.__('Run all steps whose results do not fit any more');
      const name = session?.board?.heading.pipeline ?? '';
      return session && session.choices.length > 1 ? `${name}: ${words}` : words;
    },
    icon: runIcon,
    isVisible: hasSteps,
    isEnabled: () => hasSteps() && !isRunning(current()?.board ?? null),
    execute: async ({ steps }) => {
      const names = Array.isArray(steps) ? steps.map(String) : [];
      await told(current()?.ask({ ask: 'run', steps: names }), trans);
    }
  });
  commands.addCommand(CommandIDs.runStale, {
    label: () => {
      const count = staleSteps(current()?.board ?? null).length;
      return count ? trans.__('Run %1 stale', count) : trans.__('Run stale');
    },
    caption: () => {
      const stale = staleSteps(current()?.board ?? null);
      return stale.length
        ? stale.map(step => `${step.name}: ${step.stale}`).join('\n')
        : trans.__('No step is stale');
    },
    icon: fastForwardIcon,
    isVisible: hasSteps,
    isEnabled: () => {
      const board = current()?.board ?? null;
      return staleSteps(board).length > 0 && !isRunning(board);
    },
    execute: async () => {
      await told(current()?.ask({ ask: 'run stale' }), trans);
    }
  });
  commands.addCommand(CommandIDs.stop, {
    label: trans.__('Stop'),
    caption: trans.__('Cancel the run'),
    icon: stopIcon,
    isVisible: hasSteps,
    isEnabled: () => isRunning(current()?.board ?? null),
    execute: async () => {
      await told(current()?.ask({ ask: 'stop' }), trans);
    }
  });
  commands.addCommand(CommandIDs.makeStep, {
    label: trans.__('Make this a step'),
    caption: trans.__('Make this a step'),
    icon: pipelineIcon,
    isVisible: () => canBeStep(current()?.panel.content ?? null),
    execute: () => {
      const session = current();
      if (session) {
        makeStep(session);
      }
    }
  });
  commands.addCommand(CommandIDs.showRunning, {
    label: trans.__('Show the Running or Failed Step'),
    isVisible: hasSteps,
    isEnabled: () => stepToLookAt(current()?.board ?? null) !== undefined,
    execute: async () => {
      const session = current();
      const step = stepToLookAt(session?.board ?? null);
      if (session && step) {
        await lookAt(session, step);
      }
    }
  });
  commands.addCommand(CommandIDs.exportAs, {
    label: ({ form }) => exportLabel(form, trans),
    isVisible: hasSteps,
    execute: async ({ form }) => {
      const session = current();
      if (session) {
        await told(exportPipeline(session, formNamed(form), commands, trans), trans);
      }
    }
  });

  const notify = (): void => {
    for (const id of Object.values(CommandIDs)) {
      if (commands.hasCommand(id)) {
        commands.notifyCommandChanged(id);
      }
    }
  };
  pipelines.changed.connect(notify);
  pipelines.currentChanged.connect(notify);
}

/** Select a step, and bring its cell into view. */
export async function lookAt(session: PipelineSession, step: BoardStep): Promise<void> {
  session.select(step.name);
  if (step.cell) {
    await reveal(session.panel.content, step.cell);
  }
}

/** Whether the active cell is code that is no cell of ours yet. */
export function canBeStep(notebook: Notebook | null): boolean {
  const cell = notebook?.activeCell;
  return cell?.model.type === 'code' && roleOf(cell.model.sharedModel.getSource()).kind === 'plain';
}

/** Write `%%step NAME` above the active cell, with a name from what it writes, selected to be typed over. */
function makeStep(session: PipelineSession): void {
  const cell = session.panel.content.activeCell;
  if (!cell || !canBeStep(session.panel.content)) {
    return;
  }
  const source = cell.model.sharedModel.getSource();
  const name = suggestedName(source, session.panel.content.activeCellIndex + 1, session.names);
  const made = asStep(source, name);
  cell.model.sharedModel.setSource(made.source);
  // A button that is pressed takes the focus behind this.
  requestAnimationFrame(() => {
    session.panel.content.mode = 'edit';
    selectIn(cell.editor, made);
  });
}

function selectIn(editor: Cell['editor'], { from, to }: { from: number; to: number }): void {
  editor?.focus();
  const [start, end] = [editor?.getPositionAt(from), editor?.getPositionAt(to)];
  if (start && end) {
    editor?.setSelection({ start, end });
  }
}

/** Wait for what was asked; what stands against it is told to the user. */
export async function told(
  asked: Promise<unknown> | undefined,
  trans: TranslationBundle
): Promise<void> {
  try {
    await asked;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const short = shortened(words, MOST_NOTIFIED);
    const label = trans.__('Show all');
    const callback = (): void => {
      void showDialog({
        title: trans.__('This could not be done'),
        body: words,
        buttons: [Dialog.okButton()]
      });
    };
    Notification.error(short, {
      autoClose: 10_000,
      actions: short.endsWith(' …') ? [{ label, callback }] : []
    });
  }
}
