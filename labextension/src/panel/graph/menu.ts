/** The menu of a node: what can be done with its step, its cell, its name and its stage. */
import { Clipboard } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import { CommandIDs } from '../../commands';
import { reveal } from '../../notebook';
import type { PipelineSession } from '../../session';
import { showLog, StepCommandIDs } from '../../stepcommands';
import type { BoardStep } from '../../wire';
import type { Place } from './canvas';
import { outermost, parentOf } from './ways';

/** Commands about one step, which it is told by the argument `step`. */
const OF_STEPS: readonly string[] = Object.values(StepCommandIDs);

/** What a menu is about. */
export interface MenuSubject {
  readonly session: PipelineSession;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
  readonly node: string;
  /** The steps of the notebook behind the node; none where it is in an unfolded pipeline. */
  readonly steps: readonly BoardStep[];
  /** The stage that is folded into the node; "" if it is a step. */
  readonly folded: string;
  readonly onFold: (stage: string) => void;
  /** Whether the steps of the pipeline that the step is are shown; undefined if it is none. */
  readonly isUnfolded: boolean | undefined;
  readonly onUnfold: (step: string) => void;
}

/** Open the menu at a place of the page. */
export function openMenu(subject: MenuSubject, place: Place): void {
  const { session, trans, steps, folded, onFold } = subject;
  const entries = new CommandRegistry();
  const menu = new Menu({ commands: entries });
  const add = (label: string, execute: () => unknown, isEnabled = true): void => {
    const command = `entry-${menu.items.length}`;
    entries.addCommand(command, { label, execute, isEnabled: () => isEnabled });
    menu.addItem({ command });
  };
  const [step] = steps;
  if (folded) {
    add(trans.__('Run the steps of %1', folded), () =>
      subject.commands.execute(CommandIDs.run, { steps: steps.map(each => each.name) })
    );
    add(trans.__('Unfold %1', folded), () => {
      onFold(folded);
    });
  } else if (step) {
    for (const id of OF_STEPS) {
      const args = { step: step.name };
      if (subject.commands.hasCommand(id) && subject.commands.isVisible(id, args)) {
        const isEnabled = subject.commands.isEnabled(id, args);
        add(subject.commands.label(id, args), () => subject.commands.execute(id, args), isEnabled);
      }
    }
    menu.addItem({ type: 'separator' });
    add(trans.__('Show its cell'), () => step.cell && reveal(session.panel.content, step.cell));
    const { writes } = step;
    add(
      trans.__('Get %1', writes.join(', ') || trans.__('what it leaves')),
      () => insertGet(session, step),
      writes.length > 0
    );
    add(trans.__('Copy its name'), () => {
      Clipboard.copyToSystem(step.name);
    });
    const { stage } = step;
    if (stage) {
      menu.addItem({ type: 'separator' });
      add(trans.__('Fold %1', stage), () => {
        onFold(stage);
      });
    }
  }
  addOfPipeline(subject, add);
  if (menu.items.length === 0) {
    // Its steps were deleted just now: an empty menu would take the keyboard.
    menu.dispose();
    return;
  }
  menu.aboutToClose.connect(() => {
    // An entry is carried out when the menu has closed.
    requestAnimationFrame(() => {
      menu.dispose();
    });
  });
  menu.open(place.x, place.y);
}

/** Add what can be done with the pipeline that a step is, or that one of its steps is in. */
function addOfPipeline(
  { session, commands, trans, node, isUnfolded, onUnfold }: MenuSubject,
  add: (label: string, execute: () => unknown) => void
): void {
  const all = [...(session.board?.steps ?? []), ...(session.board?.nested ?? [])];
  const outer = all.find(each => each.name === outermost(node));
  if (outer && outer.name !== node) {
    const about = { session, step: outer, pipeline: session.pipeline };
    add(trans.__('Log'), () => showLog(about, node, trans));
  }
  const path = [node, parentOf(node)].map(name => all.find(each => each.name === name)?.pipeline);
  const file = path.find(Boolean)?.replace(/(\.ipynb|\.py):[^:]*$/, '$1');
  if (file) {
    const folder = PathExt.dirname(session.panel.context.path);
    add(trans.__('Open %1', file), () =>
      commands.execute('docmanager:open', { path: PathExt.join(folder, file) })
    );
  }
  if (isUnfolded !== undefined) {
    const label = isUnfolded ? trans.__('Fold its steps') : trans.__('Unfold its steps');
    add(label, () => {
      onUnfold(node);
    });
  }
}

/** Write a cell below the step's that gets what it leaves; nothing is run. */
async function insertGet(session: PipelineSession, step: BoardStep): Promise<void> {
  const notebook = session.panel.content;
  if (step.cell) {
    await reveal(notebook, step.cell);
  }
  NotebookActions.insertBelow(notebook);
  notebook.activeCell?.model.sharedModel.setSource(`%pipeline get ${step.writes.join(' ')}`);
}
