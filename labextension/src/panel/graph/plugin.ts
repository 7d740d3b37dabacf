/** Puts the graph into the main area when it is asked for. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IThemeManager, MainAreaWidget } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIDs } from '../../commands';
import { IPipelines } from '../../tokens';
import { GraphWindow } from './window';

export const graph: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_pipes:graph',
  description: 'The graph of a pipeline in the main area.',
  autoStart: true,
  requires: [IPipelines],
  optional: [ITranslator, ICommandPalette, IThemeManager],
  activate: (
    app: JupyterFrontEnd,
    followed: IPipelines,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    themes: IThemeManager | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_pipes');
    let shown: MainAreaWidget<GraphWindow> | null = null;
    app.commands.addCommand(CommandIDs.openGraph, {
      label: trans.__('Open the Graph in the Main Area'),
      execute: () => {
        if (!shown || shown.isDisposed) {
          shown = new MainAreaWidget({
            content: new GraphWindow(followed, app.commands, trans, themes)
          });
          shown.id = 'jp-pipes-graph-window';
          app.shell.add(shown, 'main', { mode: 'split-right' });
        }
        app.shell.activateById(shown.id);
      }
    });
    palette?.addItem({ command: CommandIDs.openGraph, category: trans.__('Pipeline') });
  }
};
