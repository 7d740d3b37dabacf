/** The presets of a notebook's parameters: chosen, saved under a name, deleted. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import { useState } from 'react';
import { keepPreset, presetsOf } from './presets';

interface PresetProps {
  /** The notebook's path. */
  readonly notebook: string;
  /** What the form says now. */
  readonly texts: Readonly<Record<string, string>>;
  readonly trans: TranslationBundle;
  readonly onChoose: (texts: Readonly<Record<string, string>>) => void;
}

/** The line above the form. */
export function PresetBar({ notebook, texts, trans, onChoose }: PresetProps): JSX.Element {
  const [presets, setPresets] = useState(() => presetsOf(window.localStorage, notebook));
  const [name, setName] = useState('');
  const names = Object.keys(presets);
  const keep = (kept: typeof texts | null): void => {
    setPresets(keepPreset(window.localStorage, notebook, name.trim(), kept));
  };
  return (
    <div className="jp-pipes-presets">
      <input
        className="jp-pipes-input"
        list="jp-pipes-presets"
        value={name}
        placeholder={names.length ? trans.__('Preset…') : trans.__('Name of a preset')}
        aria-label={trans.__('Preset')}
        onKeyDown={event => {
          // Enter is no run here.
          if (event.key === 'Enter') {
            event.preventDefault();
          }
        }}
        onChange={event => {
          const chosen = event.target.value;
          setName(chosen);
          if (presets[chosen]) {
            onChoose(presets[chosen]);
          }
        }}
      />
      <datalist id="jp-pipes-presets">
        {names.map(each => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal"
        disabled={!name.trim()}
        onClick={() => {
          keep(texts);
        }}
      >
        {trans.__('Save')}
      </button>
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal"
        disabled={!(name.trim() in presets)}
        onClick={() => {
          keep(null);
          setName('');
        }}
      >
        {trans.__('Delete')}
      </button>
    </div>
  );
}
