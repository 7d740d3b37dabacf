/** The panel "Pipeline": follows the notebook in front; a heading, and the tabs. */
import type { IThemeManager } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon, ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import type { JSX } from 'react';
import type { IPipelines } from '../tokens';
import { Heading } from './heading';
import { TabbedPane } from './tabbed';

const pipelineIcon = new LabIcon({
  name: 'jupyter_pipes:pipeline',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="#616161">' +
    '<rect x="2" y="9" width="7" height="6" rx="1.5"/><rect x="15" y="3" width="7" height="6" rx="1.5"/>' +
    '<rect x="15" y="15" width="7" height="6" rx="1.5"/>' +
    '<path d="M9 11.2c4 0 2.500-5.600 6-5.600v1.600c-2 0-1 4.800-4.300 4.800 3.300 0 2.300 4.800 4.300 4.800v1.600c-3.500 0-2-5.600-6-5.600z"/>' +
    '</g></svg>'
});

/** The panel. */
export class PipelinePanel extends ReactWidget {
  constructor(
    private readonly _pipelines: IPipelines,
    private readonly _commands: CommandRegistry,
    private readonly _trans: TranslationBundle,
    private readonly _themes: IThemeManager | null
  ) {
    super();
    this.id = 'jupyter-pipes-panel';
    this.addClass('jupyter-pipes-panel');
    this.title.icon = pipelineIcon;
    this.title.caption = this._trans.__('Pipeline');
    this.title.className = 'jupyter-pipes-tab';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this._trans.__('Pipeline'));
    for (const signal of [_pipelines.changed, _pipelines.currentChanged, _themes?.themeChanged]) {
      signal?.connect(this._onChanged, this);
    }
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._redraw.emit();
  }

  protected override render(): JSX.Element {
    return <UseSignal signal={this._redraw}>{() => this._content()}</UseSignal>;
  }

  private _content(): JSX.Element {
    const session = this._pipelines.current;
    const trans = this._trans;
    if (!session) {
      return <p className="jupyter-pipes-hint">{trans.__('Open a notebook to see its pipeline.')}</p>;
    }
    const theme = this._themes?.theme;
    const isLight = !theme || (this._themes?.isLight(theme) ?? true);
    const props = { session, commands: this._commands, trans, isLight };
    return (
      <>
        <Heading {...props} />
        <TabbedPane key={session.panel.id} {...props} />
      </>
    );
  }

  private _onChanged(): void {
    if (this.isVisible) {
      this._redraw.emit();
    }
  }

  private readonly _redraw = new Signal<this, void>(this);
}
