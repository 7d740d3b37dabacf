/** Values of parameters under names, kept in the browser for each notebook. Pure but for the storage that it is given. */

/** Name -> parameter -> text. */
export type Presets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What keeps texts by key: the browser's local storage. */
export type Keeper = Pick<Storage, 'getItem' | 'setItem'>;

/** The presets of a notebook; none where what is kept is not ours. */
export function presetsOf(keeper: Keeper, notebook: string): Presets {
  const kept = keeper.getItem(keyOf(notebook));
  if (kept === null) {
    return {};
  }
  try {
    const presets: unknown = JSON.parse(kept);
    return typeof presets === 'object' && presets !== null ? (presets as Presets) : {};
  } catch {
    // Somebody else wrote it; it is written over with the next preset.
    return {};
  }
}

/** Keep a preset, or forget it where there are no texts; return all of them, by name. */
export function keepPreset(
  keeper: Keeper,
  notebook: string,
  name: string,
  texts: Readonly<Record<string, string>> | null
): Presets {
  const others = Object.entries(presetsOf(keeper, notebook)).filter(([other]) => other !== name);
  const all = texts === null ? others : [...others, [name, texts] as const];
  const presets = Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b)));
  keeper.setItem(keyOf(notebook), JSON.stringify(presets));
  return presets;
}

function keyOf(notebook: string): string {
  return `jupyter_pipes:presets:${notebook}`;
}
