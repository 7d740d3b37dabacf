/** The tab "Runs": the kept runs as a table, one of them opened, or two of them compared. */
import type { JSX } from 'react';
import { useView } from './view';
import type { TabProps } from '../tabs';
import { Comparison } from './comparison';
import { RunList } from './list';
import { Opened } from './opened';
import type { RunSource } from './source';

/** What each of the three is given. */
export interface RunsProps extends TabProps {
  readonly source: RunSource;
}

/** The tab, of the runs that the kernel knows. */
export function RunsTab(props: TabProps): JSX.Element {
  return <Runs {...props} source={props.session} />;
}

/** The tab, of the runs that a source knows. */
export function Runs(props: RunsProps): JSX.Element {
  const [view, change] = useView(props.session);
  const { place } = view;
  const back = (): void => {
    change({ place: { kind: 'list' } });
  };
  const open = (run: string): void => {
    change({ place: { kind: 'run', run } });
  };
  switch (place.kind) {
    case 'list':
      return <RunList {...props} view={view} change={change} />;
    case 'run':
      return <Opened key={place.run} {...props} run={place.run} onBack={back} onOpen={open} />;
    case 'comparison':
      return <Comparison {...props} a={place.a} b={place.b} onBack={back} onOpen={open} />;
  }
}
