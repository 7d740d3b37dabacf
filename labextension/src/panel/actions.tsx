/** The buttons of the panel: the notebook's toolbar hides its own where it is narrow. */
import type { JSX } from 'react';
import { CommandIDs } from '../commands';
import type { TabProps } from './tabs';

const ACTIONS = [CommandIDs.run, CommandIDs.runStale, CommandIDs.stop];

/** The buttons. */
export function Actions({ commands }: TabProps): JSX.Element {
  return (
    <div className="jp-pipes-actions">
      {ACTIONS.map(id => (
        <button
          key={id}
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          title={commands.caption(id)}
          disabled={!commands.isEnabled(id)}
          onClick={() => void commands.execute(id)}
        >
          {commands.label(id)}
        </button>
      ))}
    </div>
  );
}
