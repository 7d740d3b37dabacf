/** The tab "Runs": the kept runs as a table, those of a sweep, one of them opened, or two of them compared. */
import type { JSX } from 'react';
import { useView, type Table } from './view';
import type { TabProps } from '../tabs';
import { Comparison } from './comparison';
import { RunList } from './list';
import { Opened } from './opened';
import type { RunSource } from './source';
import { SweepRuns } from './sweep';

/** What each of the three is given. */
export interface RunsProps extends TabProps {
  readonly source: RunSource;
}

/** What an opened run and a comparison are given besides: where one goes from there. */
export interface Ways {
  /** The table that they lead back to. */
  readonly behind: Table;
  onBack(): void;
  onOpen(run: string): void;
  onSweep(sweep: string): void;
  /** Tick a run, where another can be ticked to be compared with it. */
  onCompare(run: string): void;
}

/** The tab, of the runs that the kernel knows. */
export function RunsTab(props: TabProps): JSX.Element {
  return <Runs {...props} source={props.session} />;
}

/** The tab, of the runs that a source knows. */
export function Runs(props: RunsProps): JSX.Element {
  const [view, change] = useView(props.session);
  const { place } = view;
  switch (place.kind) {
    case 'list':
      return <RunList {...props} view={view} change={change} />;
    case 'sweep':
      return (
        <SweepRuns key={place.sweep} {...props} sweep={place.sweep} view={view} change={change} />
      );
  }
  const { behind } = place;
  const ways = {
    behind,
    onBack: () => {
      change({ place: behind });
    },
    onOpen: (run: string) => {
      change({ place: { kind: 'run', run, behind } });
    },
    onSweep: (sweep: string) => {
      change({ place: { kind: 'sweep', sweep }, chosen: [] });
    },
    onCompare: (run: string) => {
      change({ place: behind, chosen: [run] });
    }
  };
  return place.kind === 'run' ? (
    <Opened key={place.run} {...props} {...ways} run={place.run} />
  ) : (
    <Comparison {...props} {...ways} a={place.a} b={place.b} />
  );
}
