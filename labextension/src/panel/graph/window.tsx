/** The graph with the main area for itself: it follows the notebook in front, as the panel does. */
import type { IThemeManager } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import type { JSX } from 'react';
import { pipelineIcon } from '../../icons';
import type { IPipelines } from '../../tokens';
import { Seen } from '../ticking';
import { Graph } from './tab';

/** The graph as a widget of the main area. */
export class GraphWindow extends ReactWidget {
  constructor(
    private readonly _pipelines: IPipelines,
    private readonly _commands: CommandRegistry,
    private readonly _trans: TranslationBundle,
    private readonly _themes: IThemeManager | null
  ) {
    super();
    this.addClass('jp-pipes-window');
    this.title.icon = pipelineIcon;
    this.title.label = this._trans.__('Graph');
    this.title.closable = true;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this._trans.__('Graph of the pipeline'));
    for (const signal of [_pipelines.changed, _pipelines.currentChanged, _themes?.themeChanged]) {
      signal?.connect(this._onChanged, this);
    }
  }

  override dispose(): void {
    Signal.clearData(this);
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._redraw.emit();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this._redraw.emit();
  }

  protected override render(): JSX.Element {
    return <UseSignal signal={this._redraw}>{() => this._content()}</UseSignal>;
  }

  private _content(): JSX.Element {
    const session = this._pipelines.current;
    if (!session?.board) {
      return (
        <p className="jp-pipes-hint">{this._trans.__('Open a notebook to see its pipeline.')}</p>
      );
    }
    const isLight = !this._themes?.theme || this._themes.isLight(this._themes.theme);
    const props = { session, commands: this._commands, trans: this._trans, isLight };
    return (
      <Seen.Provider value={this.isVisible}>
        <Graph key={session.panel.id} {...props} isAlone />
      </Seen.Provider>
    );
  }

  private _onChanged(): void {
    this._redraw.emit();
  }

  private readonly _redraw = new Signal<this, void>(this);
}
