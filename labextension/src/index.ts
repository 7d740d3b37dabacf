/** Wires the extension: what there is, and which parts of Lab it is put into. */
import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, IThemeManager } from '@jupyterlab/apputils';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { INotebookTools, INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ApprovalWatch } from './approvals';
import { StepHeaders } from './badges';
import { completedFirstLine } from './cells/completion';
import { StepTool } from './cells/form';
import { MissingNames } from './cells/missing';
import { addCommands, CommandIDs } from './commands';
import { Front } from './front';
import { graph } from './panel/graph/plugin';
import { keepKeysOfLiveGraphs, letLiveGraphsRest } from './livegraphs';
import { PipelinePanel } from './panel/panel';
import { showPlansAtToolbars } from './panel/plan/glance';
import { Pipelines } from './pipelines';
import { CellProblems } from './problems';
import { hideHeadersBy, PipelineSettings } from './settings';
import { addStepCommands } from './stepcommands';
import { StatusItem } from './status';
import { IPipelines } from './tokens';
import { RunWatch } from './watching';
import { FORMS } from './wire';

const DOMAIN = 'jupyter_pipes';

const pipelines: JupyterFrontEndPlugin<IPipelines> = {
  id: 'jupyter_pipes:pipelines',
  description:
    'Follows the pipelines of the open notebooks, with their commands and the headers of steps.',
  autoStart: true,
  provides: IPipelines,
  requires: [INotebookTracker],
  optional: [ITranslator, ICommandPalette, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null
  ) => {
    const settings = new PipelineSettings(registry?.load(pipelines.id));
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const followed = new Pipelines(tracker);
    const front = new Front(app);
    followed.added.connect((_, session) => {
      new StepHeaders(session, app.commands, trans);
      new MissingNames(session, app.commands, trans);
      new CellProblems(session);
      new RunWatch(session, settings, front, trans);
      new ApprovalWatch(session, settings, front, trans);
      hideHeadersBy(settings, session.panel);
    });
    addCommands(app, followed, trans);
    addStepCommands(app.commands, followed, trans);
    keepKeysOfLiveGraphs(window);
    letLiveGraphsRest(document);
    showPlansAtToolbars(document, followed, app.commands, trans);
    tracker.activeCellChanged.connect(() => {
      app.commands.notifyCommandChanged(CommandIDs.makeStep);
    });
    for (const command of [
      CommandIDs.run,
      CommandIDs.runStale,
      CommandIDs.stop,
      CommandIDs.makeStep,
      CommandIDs.showRunning
    ]) {
      palette?.addItem({ command, category: trans.__('Pipeline') });
    }
    for (const { name: form } of FORMS) {
      const [command, category] = [CommandIDs.exportAs, trans.__('Pipeline')];
      palette?.addItem({ command, category, args: { form } });
    }
    return followed;
  }
};

const panel: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_pipes:panel',
  description: 'The panel "Pipeline".',
  autoStart: true,
  requires: [IPipelines],
  optional: [ITranslator, ILayoutRestorer, ICommandPalette, IThemeManager],
  activate: (
    app: JupyterFrontEnd,
    followed: IPipelines,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    themes: IThemeManager | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const shown = new PipelinePanel(followed, app.commands, trans, themes);
    app.shell.add(shown, 'right', { rank: 900 });
    restorer?.add(shown, shown.id);
    app.commands.addCommand(CommandIDs.openPanel, {
      label: trans.__('Show the Pipeline'),
      execute: ({ isByItself }) => {
        app.shell.activateById(shown.id);
        if (isByItself !== true) {
          shown.focusTab();
        }
      }
    });
    palette?.addItem({ command: CommandIDs.openPanel, category: trans.__('Pipeline') });
  }
};

const firstLine: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_pipes:first-line',
  description: 'Completion, help and a form for the first line of a step.',
  autoStart: true,
  requires: [IPipelines],
  optional: [IEditorExtensionRegistry, INotebookTools, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    followed: IPipelines,
    editors: IEditorExtensionRegistry | null,
    tools: INotebookTools | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    editors?.addExtension(completedFirstLine(followed));
    if (tools) {
      const tool = new StepTool(followed, trans);
      const label = trans.__('Step of the Pipeline');
      tools.addSection({ sectionName: 'jupyter_pipes', label, tool, rank: 0 });
      tool.expand();
    }
  }
};

const status: JupyterFrontEndPlugin<void> = {
  id: 'jupyter_pipes:status',
  description:
    'How the run stands, in the status bar; in Notebook 7, which has none, beside the menu.',
  autoStart: true,
  requires: [IPipelines],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    followed: IPipelines,
    bar: IStatusBar | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const item = new StatusItem(followed, app.commands, trans);
    if (bar) {
      bar.registerStatusItem('jupyter_pipes:status', { item, align: 'left', rank: 90 });
    } else {
      item.id = 'jp-pipes-status';
      app.shell.add(item, 'menu', { rank: 100 });
    }
  }
};

export default [pipelines, firstLine, panel, graph, status];
