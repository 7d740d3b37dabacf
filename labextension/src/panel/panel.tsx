/** The panel "Pipeline": follows the notebook in front; a heading, and the tabs. */
import type { IThemeManager } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import type { JSX } from 'react';
import { pipelineIcon } from '../icons';
import type { IPipelines } from '../tokens';
import { Gates } from './gates';
import { Heading } from './heading';
import { Problems } from './problems';
import { TabbedPane } from './tabbed';
import { Seen } from './ticking';
import { RoomyWidth } from './width';

/** The panel's id. */
export const PANEL = 'jp-pipes-panel';

/** The panel. */
export class PipelinePanel extends ReactWidget {
  constructor(
    private readonly _pipelines: IPipelines,
    private readonly _commands: CommandRegistry,
    private readonly _trans: TranslationBundle,
    private readonly _themes: IThemeManager | null
  ) {
    super();
    this.id = PANEL;
    this.addClass('jp-pipes-panel');
    this.title.icon = pipelineIcon;
    this.title.caption = this._trans.__('Pipeline');
    this.title.className = 'jp-pipes-tab';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this._trans.__('Pipeline'));
    for (const signal of [_pipelines.changed, _pipelines.currentChanged, _themes?.themeChanged]) {
      signal?.connect(this._onChanged, this);
    }
  }

  /** Move the keyboard to the chosen tab; Lab's own `activate` does not, so that a run may open the panel. */
  focusTab(): void {
    this.node.querySelector<HTMLElement>('[role=tab][aria-selected=true]')?.focus();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    if (!this._isWidened) {
      this._isWidened = true;
      // The area opens with its widget, and has its size behind that.
      requestAnimationFrame(() => {
        new RoomyWidth(this).begin();
      });
    }
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
    const trans = this._trans;
    if (!session) {
      return <p className="jp-pipes-hint">{trans.__('Open a notebook to see its pipeline.')}</p>;
    }
    const isLight = !this._themes?.theme || this._themes.isLight(this._themes.theme);
    const props = { session, commands: this._commands, trans, isLight };
    return (
      <Seen.Provider value={this.isVisible}>
        <Heading {...props} />
        <Gates {...props} />
        <Problems {...props} />
        <TabbedPane key={`${session.panel.id} ${session.pipeline}`} {...props} />
      </Seen.Provider>
    );
  }

  private _onChanged(): void {
    if (this.isVisible) {
      this._redraw.emit();
    }
  }

  private _isWidened = false;
  private readonly _redraw = new Signal<this, void>(this);
}
