/** "Export…": asks for a form and a place, and before files are replaced; the kernel writes. */
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { ExportForm, type Obstacle, type Wanted } from './exportform';
import { folderOf, suggestedPath } from './files';
import { Refused } from './link';
import { revealLine } from './notebook';
import type { PipelineSession } from './session';
import { FORMS, type Exported, type Form } from './wire';

/** How many files are named before they are counted. */
const MOST_NAMED = 3;

/** Stands for the first of the other engines. */
const ENGINE = 'engine';

/** The form of that name; the first where there is none. */
export function formNamed(name: unknown): Form {
  const found = FORMS.find(form => form.name === name || (name === ENGINE && form.is_engine));
  return found ?? (FORMS[0] as Form);
}

/** What a menu says of the export in a form. */
export function exportLabel(name: unknown, trans: TranslationBundle): string {
  const { title, is_engine } = formNamed(name);
  if (name === ENGINE) {
    return trans.__('Export to Another Engine…');
  }
  if (is_engine) {
    return trans.__('Export to %1…', title);
  }
  return name === 'notebook'
    ? trans.__('Export as Executed Notebook…')
    : trans.__('Export as Python Module…');
}

/** The pipeline that was shown when its export was asked for; its name is what a path is made of. */
interface Subject {
  readonly session: PipelineSession;
  readonly pipeline: string;
  readonly named: string;
}

function shownIn(session: PipelineSession): Subject {
  const { pipeline } = session;
  const { path } = session.panel.context;
  const named = `${folderOf(path)}${pipeline.replaceAll('/', '_')}.ipynb`;
  return { session, pipeline, named: pipeline ? named : path };
}

/** Ask until the pipeline is written; nothing happens when the user thinks better of it. */
export async function exportPipeline(
  session: PipelineSession,
  form: Form,
  commands: CommandRegistry,
  trans: TranslationBundle
): Promise<void> {
  const subject = shownIn(session);
  let wanted: Wanted = { form, path: suggestedPath(subject.named, form) };
  let refused: Refused | null = null;
  for (;;) {
    const answer = await asked(subject, wanted, refused, trans);
    if (!answer) {
      return;
    }
    wanted = answer;
    try {
      const exported = await written(subject, wanted, trans);
      if (exported) {
        tell(exported, wanted, folderOf(session.panel.context.path), commands, trans);
      }
      return;
    } catch (error) {
      if (!(error instanceof Refused)) {
        throw error;
      }
      refused = error;
    }
  }
}

/** What the user wants; null when they think better of it, or go to the cell that stands against it. */
async function asked(
  { session, named }: Subject,
  wanted: Wanted,
  refused: Refused | null,
  trans: TranslationBundle
): Promise<Wanted | null> {
  const obstacle =
    refused &&
    obstacleOf(
      session,
      refused,
      () => {
        dialog.reject();
      },
      trans
    );
  const body = new ExportForm(named, wanted, obstacle, trans);
  const dialog = new Dialog<Wanted>({
    title: trans.__('Export Pipeline'),
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Export') })],
    focusNodeSelector: 'input[type=text]'
  });
  const { button, value } = await dialog.launch();
  return button.accept ? value : null;
}

function obstacleOf(
  session: PipelineSession,
  { message, place }: Refused,
  leave: () => void,
  trans: TranslationBundle
): Obstacle {
  if (!place) {
    return { words: message };
  }
  const follow = (): void => {
    leave();
    void revealLine(session.panel.content, place.cell, place.line);
  };
  return { words: message, lead: { label: trans.__('Go to cell %1', place.number), follow } };
}

/** What the kernel wrote; null where the user would not have a file replaced. */
async function written(
  { session, pipeline }: Subject,
  { form, path }: Wanted,
  trans: TranslationBundle
): Promise<Exported | null> {
  if (form.path === 'notebook') {
    await session.panel.context.save();
  }
  const exported = await session.ask({ ask: 'export', path, form: form.name }, pipeline);
  if (exported.is_written) {
    return exported;
  }
  const isReplaced = await mayReplace(exported.files, trans);
  return isReplaced
    ? await session.ask({ ask: 'export', path, form: form.name, replace: true }, pipeline)
    : null;
}

async function mayReplace(files: readonly string[], trans: TranslationBundle): Promise<boolean> {
  const [first = ''] = files;
  const answer = await showDialog({
    title: files.length > 1 ? trans.__('Replace the files?') : trans.__('Replace the file?'),
    body:
      files.length > 1
        ? trans.__('%1 are there already.', listed(files, trans))
        : trans.__('%1 is there already.', first),
    defaultButton: 0,
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Replace') })]
  });
  return answer.button.accept;
}

/** A few names; of many, the first and how many more there are. */
function listed(files: readonly string[], trans: TranslationBundle): string {
  return files.length > MOST_NAMED
    ? trans.__('%1 and %2 more', files[0] ?? '', files.length - 1)
    : files.join(', ');
}

function tell(
  { files }: Exported,
  { form, path }: Wanted,
  folder: string,
  commands: CommandRegistry,
  trans: TranslationBundle
): void {
  const isFolder = form.path === 'folder';
  const words = isFolder
    ? trans.__('Exported to %1 (%2 files)', path, files.length)
    : trans.__('Exported to %1', listed(files, trans));
  const open = {
    label: isFolder ? trans.__('Show') : trans.__('Open'),
    callback: (): void => {
      void commands.execute(isFolder ? 'filebrowser:open-path' : 'docmanager:open', {
        path: folder + path
      });
    }
  };
  const isOutside = path.startsWith('/') || path.includes('..');
  Notification.success(words, { autoClose: 10_000, actions: isOutside ? [] : [open] });
}
