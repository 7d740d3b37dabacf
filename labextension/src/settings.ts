/** What users can set, as schema/pipelines.json declares it; followed live. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal, type ISignal } from '@lumino/signaling';

/** The settings; their defaults are those of the schema. */
export interface Settings {
  readonly headers: boolean;
  /** Of which ends of runs to tell; but for none, unseen gates are told of as well. */
  readonly notifications: 'all' | 'failures' | 'none';
  /** Runs shorter than this, in seconds, are not told of. */
  readonly notifyAfter: number;
  /** When the panel opens by itself. */
  readonly openPanel: 'run' | 'failure' | 'never';
}

const DEFAULTS: Settings = {
  headers: true,
  notifications: 'all',
  notifyAfter: 10,
  openPanel: 'run'
};

/** The settings as they are now. */
export class PipelineSettings {
  /**
   * @param loading the settings of our plugin; the defaults hold until they are there, or without them
   */
  constructor(loading: Promise<ISettingRegistry.ISettings> | undefined) {
    loading?.then(
      loaded => {
        this._take(loaded);
        loaded.changed.connect(this._take, this);
      },
      (reason: unknown) => {
        console.error('The settings of jupyter_pipes could not be loaded; defaults hold.', reason);
      }
    );
  }

  get now(): Settings {
    return this._now;
  }

  /** Emitted when a setting has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  private _take(loaded: ISettingRegistry.ISettings): void {
    this._now = { ...DEFAULTS, ...(loaded.composite as Partial<Settings>) };
    this._changed.emit();
  }

  private _now = DEFAULTS;
  private readonly _changed = new Signal<this, void>(this);
}

/** Hide the headers of a notebook's steps while the settings say so. */
export function hideHeadersBy(settings: PipelineSettings, panel: NotebookPanel): void {
  const apply = (): void => {
    panel.toggleClass('jp-pipes-without-headers', !settings.now.headers);
  };
  settings.changed.connect(apply);
  panel.disposed.connect(() => settings.changed.disconnect(apply));
  apply();
}
