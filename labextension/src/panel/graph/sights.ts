/** The part of the graph that is seen, for what shows it: it changes with each frame, and nothing else does. */
import { useSyncExternalStore } from 'react';
import type { Sight } from './canvas';

/** The newest sight, and who wants to know of it. */
export class Sights {
  /** Tell another sight. */
  readonly tell = (sight: Sight): void => {
    this._newest = sight;
    this._listeners.forEach(listener => {
      listener();
    });
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  };

  readonly newest = (): Sight | null => this._newest;

  private readonly _listeners = new Set<() => void>();
  private _newest: Sight | null = null;
}

/** The newest sight; a component that uses it is drawn again with each. */
export function useSight(sights: Sights): Sight | null {
  return useSyncExternalStore(sights.subscribe, sights.newest);
}
