/** "Export as…": asks for a place, and before a file is replaced; the kernel writes. */
import { Dialog, InputDialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { folderOf, suggestedFile, type Form } from './files';
import type { PipelineSession } from './session';

/** Ask for a file and write the pipeline to it; nothing happens when the user thinks better of it. */
export async function exportAs(
  session: PipelineSession,
  form: Form,
  commands: CommandRegistry,
  trans: TranslationBundle
): Promise<void> {
  const notebook = session.panel.context.path;
  const asked = await InputDialog.getText({
    title:
      form === 'python'
        ? trans.__('Export as Python Module')
        : trans.__('Export as Executed Notebook'),
    label: trans.__('File, from the notebook’s folder'),
    text: suggestedFile(notebook, form),
    okLabel: trans.__('Export')
  });
  const path = asked.value?.trim() ?? '';
  if (!asked.button.accept) {
    return;
  }
  if (form === 'notebook') {
    await session.panel.context.save();
  }
  const { is_written } = await session.ask({ ask: 'export', path });
  if (is_written || (await replaced(session, path, trans))) {
    const file = folderOf(notebook) + path;
    const open = {
      label: trans.__('Open'),
      callback: (): void => void commands.execute('docmanager:open', { path: file })
    };
    const actions = path.startsWith('/') || path.includes('..') ? [] : [open];
    Notification.success(trans.__('Exported to %1', path), { autoClose: 10_000, actions });
  }
}

async function replaced(
  session: PipelineSession,
  path: string,
  trans: TranslationBundle
): Promise<boolean> {
  const answer = await showDialog({
    title: trans.__('Replace the file?'),
    body: trans.__('%1 is there already.', path),
    defaultButton: 0,
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Replace') })]
  });
  if (answer.button.accept) {
    await session.ask({ ask: 'export', path, replace: true });
  }
  return answer.button.accept;
}
