/** What can be done with one step, as commands: named by `step`, else it is the selected one. */
import { NotebookActions } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  bugIcon,
  fastForwardIcon,
  infoIcon,
  listIcon,
  runIcon,
  stopIcon,
  treeViewIcon
} from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';
import { elementsContent, logContent, reasonsContent } from './cells/contents';
import { NESTED_ROOM, nestedContent } from './cells/nested';
import { Sheet } from './cells/sheet';
import { told } from './commands';
import { runMagic } from './magics';
import { isRunning, runWith } from './model';
import { reveal } from './notebook';
import type { PipelineSession } from './session';
import type { IPipelines } from './tokens';
import type { Board, BoardStep } from './wire';

export const StepCommandIDs = {
  run: 'jupyter_pipes:run-step',
  stop: 'jupyter_pipes:stop-step',
  runFrom: 'jupyter_pipes:run-from-step',
  why: 'jupyter_pipes:why-step',
  log: 'jupyter_pipes:log-of-step',
  elements: 'jupyter_pipes:elements-of-step',
  debug: 'jupyter_pipes:debug-step'
} as const;

/** The step that a command is about. */
interface Subject {
  readonly session: PipelineSession;
  readonly step: BoardStep;
  readonly board: Board;
  readonly pipeline: string;
}

/** Add the commands; they follow the notebook in front. */
export function addStepCommands(
  commands: CommandRegistry,
  pipelines: IPipelines,
  trans: TranslationBundle
): void {
  const subject = (args: ReadonlyPartialJSONObject): Subject | null => {
    const session = pipelines.current;
    const name = typeof args.step === 'string' ? args.step : session?.selected;
    const pipeline = typeof args.pipeline === 'string' ? args.pipeline : session?.pipeline;
    const board = session?.boards.get(pipeline ?? '');
    const step = board?.steps.find(each => each.name === name);
    return session && board && step ? { session, step, board, pipeline: pipeline ?? '' } : null;
  };
  const ofPipeline = (args: ReadonlyPartialJSONObject): string =>
    subject(args)?.step.pipeline ?? '';
  const add = (
    id: string,
    options: Pick<CommandRegistry.ICommandOptions, 'label' | 'caption' | 'icon'>,
    isPossible: (subject: Subject) => boolean,
    carryOut: (subject: Subject, args: ReadonlyPartialJSONObject) => Promise<unknown>,
    isVisible: (subject: Subject) => boolean = () => true
  ): void => {
    const holds = (test: (subject: Subject) => boolean) => (args: ReadonlyPartialJSONObject) => {
      const about = subject(args);
      return about !== null && test(about);
    };
    commands.addCommand(id, {
      ...options,
      isEnabled: holds(isPossible),
      isVisible: holds(isVisible),
      execute: async args => {
        const about = subject(args);
        await (about && told(carryOut(about, args), trans));
      }
    });
  };

  add(
    StepCommandIDs.run,
    {
      label: trans.__('Run step'),
      caption: trans.__('Run this step, with what it needs that is not up to date'),
      icon: runIcon
    },
    isIdle,
    ({ session, step, pipeline }) => session.ask({ ask: 'run', steps: [step.name] }, pipeline),
    about => !isUnderWay(about)
  );
  add(
    StepCommandIDs.stop,
    {
      label: trans.__('Stop step'),
      caption: trans.__('Cancel this step; what does not need it goes on'),
      icon: stopIcon
    },
    isUnderWay,
    ({ session, step, pipeline }) => session.ask({ ask: 'stop', step: step.name }, pipeline),
    isUnderWay
  );
  add(
    StepCommandIDs.runFrom,
    {
      label: trans.__('Run from here'),
      caption: trans.__('Run this step and all that hang on it, with what earlier steps gave'),
      icon: fastForwardIcon
    },
    isIdle,
    ({ session, step, pipeline }) => session.ask({ ask: 'run', behind: [step.name] }, pipeline)
  );
  add(
    StepCommandIDs.why,
    {
      label: trans.__('Why'),
      caption: trans.__('Why this step ran or not, or is stale'),
      icon: infoIcon
    },
    () => true,
    async (about, args) => {
      const { session, step, pipeline } = about;
      const title = trans.__('Why %1 stands so', step.name);
      const content = reasonsContent(session.ask({ ask: 'why', step: step.name }, pipeline), trans);
      await open(about, title, content, args.glance === true);
    }
  );
  add(
    StepCommandIDs.log,
    {
      label: trans.__('Log'),
      caption: trans.__('The end of what this step printed'),
      icon: listIcon
    },
    hasRun,
    about => showLog(about, about.step.name, trans)
  );
  add(
    StepCommandIDs.elements,
    {
      label: args => (ofPipeline(args) ? trans.__('Its steps') : trans.__('Elements')),
      caption: args => elementsCaption(ofPipeline(args), trans),
      icon: treeViewIcon
    },
    hasElements,
    async about => {
      const { session, step, pipeline } = about;
      const asked = session.ask({ ask: 'elements', step: step.name }, pipeline);
      const isPipeline = Boolean(step.pipeline);
      const listed = elementsContent(asked, isPipeline, trans);
      const title = isPipeline ? (await asked).title : trans.__('Elements of %1', step.name);
      const { run } = await asked;
      const content = run ? opened(about, run, listed, trans) : listed;
      await open(about, title, content, false);
    },
    hasElements
  );
  add(
    StepCommandIDs.debug,
    {
      label: trans.__('Debug'),
      caption: trans.__(
        'Bring its inputs into the kernel as they were, and its code into a new cell'
      ),
      icon: bugIcon
    },
    hasRun,
    debug
  );
}

/** Show the log of a step, or of one of the pipeline that it is (`prep[load]`). */
export async function showLog(
  about: Pick<Subject, 'session' | 'step' | 'pipeline'>,
  name: string,
  trans: TranslationBundle
): Promise<void> {
  const content = logContent(about.session.ask({ ask: 'log', step: name }, about.pipeline), trans);
  await open(about, trans.__('Log of %1', name), content, false);
}

/** The graph of the run that a step is, above the list of its steps. */
async function opened(
  { session, step, pipeline }: Subject,
  run: string,
  listed: Promise<HTMLElement>,
  trans: TranslationBundle
): Promise<Widget> {
  const shown = session.ask({ ask: 'open run', run, ...NESTED_ROOM }, pipeline);
  return nestedContent(step.name, await shown, await listed, trans);
}

/** What is told of a step's elements, or of the steps of the pipeline that it is. */
export function elementsCaption(pipeline: string, trans: TranslationBundle): string {
  return pipeline
    ? trans.__('How the steps of %1 stand, and why', pipeline)
    : trans.__('How the elements of its map stand, and why');
}

function isIdle({ board }: Subject): boolean {
  return !isRunning(board);
}

function isUnderWay({ board, step }: Subject): boolean {
  return isRunning(board) && ['running', 'queued'].includes(step.status);
}

function hasRun({ step }: Subject): boolean {
  return step.attempts > 0 || step.source_run !== '';
}

function hasElements({ step }: Subject): boolean {
  return (step.elements ?? 0) > 0;
}

/** Show a sheet at the step's cell. */
async function open(
  { session, step }: Pick<Subject, 'session' | 'step'>,
  title: string,
  content: Promise<HTMLElement | Widget>,
  isGlance: boolean
): Promise<void> {
  const notebook = session.panel.content;
  if (step.cell && !isGlance) {
    await reveal(notebook, step.cell);
  }
  const cell = notebook.widgets.find(widget => widget.model.id === step.cell);
  const header = cell?.node.querySelector<HTMLElement>('.jp-pipes-header');
  Sheet.open(header ?? notebook.node, title, content, isGlance);
}

async function debug({ session, step, board }: Subject): Promise<void> {
  const text = await runMagic(session, `debug ${step.name} --run ${runWith(board, step)}`);
  const notebook = session.panel.content;
  if (text && step.cell) {
    await reveal(notebook, step.cell);
    NotebookActions.insertBelow(notebook);
    notebook.activeCell?.model.sharedModel.setSource(text);
  }
}
