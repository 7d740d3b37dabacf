/** What the tab shows of a notebook's runs; it stays so while another tab is looked at. */
import { useState } from 'react';
import type { RunOrder } from './rows';

/** The list, one opened run, or two compared. */
export type Place =
  | { readonly kind: 'list' }
  | { readonly kind: 'run'; readonly run: string }
  | { readonly kind: 'comparison'; readonly a: string; readonly b: string };

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
