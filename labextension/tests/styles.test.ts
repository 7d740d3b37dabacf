/** Each class belongs to one stylesheet: what two areas name alike would change the looks of both. */
import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';

const STYLES = join(__dirname, '..', 'style');

test('no class is styled by two stylesheets', () => {
  const places = new Map<string, Set<string>>();
  for (const name of readdirSync(STYLES)) {
    const rules = readFileSync(join(STYLES, name), 'utf-8').matchAll(
      /^(\.jp-pipes-[\w-]+)[^;]*[{,]$/gm
    );
    for (const [, owner = ''] of rules) {
      places.set(owner, (places.get(owner) ?? new Set()).add(name));
    }
  }
  expect(places.size).toBeGreaterThan(50);
  const shared = Array.from(places).filter(([, names]) => names.size > 1);
  expect(shared.map(([owner, names]) => [owner, ...names])).toEqual([]);
});
