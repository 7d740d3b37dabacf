/** What is said of a sweep besides its values: by which metric its best run is found, and how many runs at most. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX } from 'react';
import type { SweepChecked } from '../../wire';
import type { Swept } from './swept';

interface SweepBarProps {
  readonly swept: Swept;
  readonly checked: SweepChecked | null;
  /** The metrics that steps reported before. */
  readonly metrics: readonly string[];
  readonly trans: TranslationBundle;
  onChange(swept: Swept): void;
}

/** The fields, and how many runs that makes. */
export function SweepBar({ swept, checked, metrics, trans, onChange }: SweepBarProps): JSX.Element {
  return (
    <fieldset className="jp-pipes-sweepbar">
      <legend>{trans.__('Sweep')}</legend>
      <div className="jp-pipes-sweepline">
        <label htmlFor="jp-pipes-sweep-metric">{trans.__('Best run by')}</label>
        <input
          id="jp-pipes-sweep-metric"
          className="jp-pipes-input"
          list="jp-pipes-sweep-metrics"
          value={swept.metric}
          placeholder={trans.__('such as %1', metrics[0] ?? 'auc')}
          aria-invalid={Boolean(checked?.metric)}
          aria-describedby="jp-pipes-sweep-misfit"
          spellCheck={false}
          autoComplete="off"
          onChange={event => {
            onChange({ ...swept, metric: event.target.value });
          }}
        />
        <datalist id="jp-pipes-sweep-metrics">
          {metrics.map(name => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <select
          className="jp-pipes-input"
          aria-label={trans.__('Which value is the best')}
          value={swept.isLargest ? 'max' : 'min'}
          onChange={event => {
            onChange({ ...swept, isLargest: event.target.value === 'max' });
          }}
        >
          <option value="max">{trans.__('largest')}</option>
          <option value="min">{trans.__('smallest')}</option>
        </select>
      </div>
      <div className="jp-pipes-sweepline">
        <label htmlFor="jp-pipes-sweep-most">{trans.__('Most runs')}</label>
        <input
          id="jp-pipes-sweep-most"
          className="jp-pipes-input"
          inputMode="numeric"
          value={swept.atMost}
          placeholder={trans.__('all')}
          aria-invalid={Boolean(checked?.at_most)}
          aria-describedby="jp-pipes-sweep-misfit"
          autoComplete="off"
          onChange={event => {
            onChange({ ...swept, atMost: event.target.value });
          }}
        />
      </div>
      <div id="jp-pipes-sweep-misfit" className="jp-pipes-misfit" aria-live="polite">
        {[checked?.metric, checked?.at_most].filter(Boolean).join(' · ')}
      </div>
    </fieldset>
  );
}
