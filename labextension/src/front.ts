/** What is before the user's eyes in the application, and what brings a step there. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { CommandIDs, lookAt } from './commands';
import { PANEL } from './panel/panel';
import { wanted } from './panel/width';
import type { PipelineSession } from './session';
import type { BoardStep } from './wire';

/** A notebook that is narrower cannot be read. */
const READABLE_PIXELS = 300;

/** The application's window. */
export class Front {
  constructor(private readonly _app: JupyterFrontEnd) {}

  /** Whether a notebook is seen. */
  hasNotebook({ panel }: PipelineSession): boolean {
    return document.visibilityState === 'visible' && panel.isVisible;
  }

  /** Whether the panel is seen. */
  hasPanel(): boolean {
    return Array.from(this._app.shell.widgets('right')).some(
      each => each.id === PANEL && each.isVisible
    );
  }

  /** Whether a notebook can be read beside the panel. */
  hasRoom({ panel }: PipelineSession): boolean {
    return this.hasPanel() || panel.node.clientWidth - wanted() >= READABLE_PIXELS;
  }

  /** Open the panel, without moving the focus there. */
  openPanel(): void {
    void this._app.commands.execute(CommandIDs.openPanel, { isByItself: true });
  }

  /** Bring the notebook of a step to the front, with its cell in view, and the panel. */
  bring(session: PipelineSession, step: BoardStep, pipeline: string): void {
    this._app.shell.activateById(session.panel.id);
    this.openPanel();
    session.show(pipeline);
    void lookAt(session, step);
  }
}
