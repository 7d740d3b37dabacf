/** The buttons of the panel: the notebook's toolbar hides its own where it is narrow. */
import type { JSX } from 'react';
import { CommandIDs } from '../commands';
import { CommandButton, PlanButtons, type RunAction } from './plan/peek';
import type { TabProps } from './tabs';

/** What the buttons run, and how to ask what that would be. */
export const RUNS: readonly RunAction[] = [
  { command: CommandIDs.run, plan: { ask: 'foresee' } },
  { command: CommandIDs.runStale, plan: { ask: 'foresee', only_stale: true } }
];

/** The buttons. */
export function Actions(props: TabProps): JSX.Element {
  return (
    <PlanButtons {...props} actions={RUNS}>
      <CommandButton id={CommandIDs.stop} commands={props.commands} />
    </PlanButtons>
  );
}
