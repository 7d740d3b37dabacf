/** Versions are compared by their numbers. */
import { isOlder } from '../src/versions';

test.each([
  ['0.2.0', '0.3.0', true],
  ['0.3.0', '0.3.0', false],
  ['0.10.0', '0.9.1', false],
  ['0.3', '0.3.1', true],
  ['1.0.0.dev1', '1.0.0', false]
])('%s against %s', (version, than, expected) => {
  expect(isOlder(version, than)).toBe(expected);
});
