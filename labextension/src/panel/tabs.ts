/** The tabs of the panel: each is a component that is given the session in front. Add a new one here. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ComponentType } from 'react';
import type { PipelineSession } from '../session';
import { ArtifactsTab } from './artifacts/tab';
import { GraphTab } from './graph/tab';
import { LogTab } from './log/tab';
import { ParametersTab } from './parameters/tab';
import { RunsTab } from './runs/tab';
import { StepsTab } from './steps';
import { TimelineTab } from './timeline/tab';

/** What every tab is given; it is drawn again when the session has changed. */
export interface TabProps {
  readonly session: PipelineSession;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
  /** Whether the theme is a light one. */
  readonly isLight: boolean;
}

interface Tab {
  readonly id: string;
  readonly label: (trans: TranslationBundle) => string;
  readonly content: ComponentType<TabProps>;
}

export const TABS: readonly [Tab, ...Tab[]] = [
  { id: 'graph', label: trans => trans.__('Graph'), content: GraphTab },
  { id: 'steps', label: trans => trans.__('Steps'), content: StepsTab },
  { id: 'parameters', label: trans => trans.__('Parameters'), content: ParametersTab },
  { id: 'runs', label: trans => trans.__('Runs'), content: RunsTab },
  { id: 'artifacts', label: trans => trans.__('Artifacts'), content: ArtifactsTab },
  { id: 'log', label: trans => trans.__('Log'), content: LogTab },
  { id: 'timeline', label: trans => trans.__('Timeline'), content: TimelineTab }
];
