/** What the tab shows of a notebook's runs; it stays so while another tab is looked at. */
import { useState } from 'react';
import type { RunOrder } from './rows';

/** Where runs stand in a table: all, or those of a sweep. */
export type Table = { readonly kind: 'list' } | { readonly kind: 'sweep'; readonly sweep: string };

/** A table, one opened run, or two compared; the last two with the table that they lead back to. */
export type Place =
  | Table
  | { readonly kind: 'run'; readonly run: string; readonly behind: Table }
  | {
      readonly kind: 'comparison';
      readonly a: string;
      readonly b: string;
      readonly behind: Table;
    };

/** What is shown. */
export interface View {
  readonly place: Place;
  readonly query: string;
  readonly isArchive: boolean;
  readonly limit: number;
  readonly order: RunOrder;
  /** The runs that are ticked, in that order. */
  readonly chosen: readonly string[];
}

const FIRST: View = {
  place: { kind: 'list' },
  query: '',
  isArchive: false,
  limit: 50,
  order: { key: 'started', isDown: true },
  chosen: []
};

const VIEWS = new WeakMap<object, View>();

/** Show the table of a sweep, the next time that the runs of `owner` are drawn. */
export function turnToSweep(owner: object, sweep: string): void {
  const place = { kind: 'sweep', sweep } as const;
  VIEWS.set(owner, { ...(VIEWS.get(owner) ?? FIRST), place, chosen: [] });
}

/** What is shown of the runs of `owner`, and how to change it. */
export function useView(owner: object): [View, (change: Partial<View>) => void] {
  const [, redraw] = useState<object>({});
  const view = VIEWS.get(owner) ?? FIRST;
  return [
    view,
    change => {
      VIEWS.set(owner, { ...(VIEWS.get(owner) ?? FIRST), ...change });
      redraw({});
    }
  ];
}
