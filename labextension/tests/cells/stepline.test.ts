/** A `%%step` line is read as Python reads it, and changed in one place only. */
import { parsed, spotAt, valuesOf, withName, withOption } from '../../src/cells/stepline';

test.each([
  ['%%step load', 'load', {}],
  ['%%step "two words" --after a b', 'two words', { '--after': ['a', 'b'] }],
  [
    "%%step load --file 'my data.csv' x\\ y --always",
    'load',
    { '--file': ['my data.csv', 'x y'], '--always': [] }
  ],
  ['%%step load --timeout=30m --in', 'load', { '--timeout': ['30m'], '--in': [] }],
  [
    '%%step load --after a --stage s --after b',
    'load',
    { '--after': ['a', 'b'], '--stage': ['s'] }
  ],
  ['%%step --run', '', { '--run': [] }],
  ['%%step', '', {}],
  ['%%step load --tags "never closed', 'load', { '--tags': ['never closed'] }]
])('%s', (line, name, options) => {
  const read = parsed(line);
  expect(read.name?.text ?? '').toBe(name);
  expect(Object.fromEntries(read.options.map(({ flag }) => [flag, valuesOf(read, flag)]))).toEqual(
    options
  );
});

test.each<[string, string, string[] | null, string]>([
  ['%%step a', '--stage', ['data'], '%%step a --stage data'],
  ['%%step a  --stage x --always', '--stage', ['y'], '%%step a  --stage y --always'],
  ['%%step a --stage x --always', '--stage', null, '%%step a --always'],
  ['%%step a --always', '--always', null, '%%step a'],
  ['%%step a', '--in', [], '%%step a --in'],
  ['%%step a --after b --run --after c', '--after', ['d'], '%%step a --after d --run'],
  ['%%step a', '--file', ["it's", 'b c'], `%%step a --file 'it'"'"'s' 'b c'`],
  ['%%step a', '--file', ['größe/*.csv'], '%%step a --file größe/*.csv'],
  ['%%step a --timeout=1m', '--timeout', ['2m'], '%%step a --timeout 2m']
])('%s with %s %j', (line, flag, values, expected) => {
  const changed = withOption(line, flag, values);
  expect(changed).toBe(expected);
  expect(valuesOf(parsed(changed), flag)).toEqual(values);
});

test.each([
  ['%%step a --run', 'b', '%%step b --run'],
  ['%%step --run', 'b', '%%step b --run'],
  ['%%step', 'b', '%%step b']
])('%s named %s', (line, name, expected) => {
  expect(withName(line, name)).toBe(expected);
});

test.each([
  ['%%step lo|', { flag: '', isName: true, text: 'lo' }],
  ['%%step load |', { flag: '', isName: false, text: '' }],
  ['%%step load --re|', { flag: '', isName: false, text: '--re' }],
  ['%%step load --after |', { flag: '--after', isName: false, text: '' }],
  ['%%step load --after a b|', { flag: '--after', isName: false, text: 'b' }],
  ['%%step load --stage x |', { flag: '', isName: false, text: '' }],
  ['%%step load --always |', { flag: '', isName: false, text: '' }]
])('the cursor in %s', (shown, expected) => {
  const at = shown.indexOf('|');
  const { flag, isName, word } = spotAt(shown.replace('|', ''), at);
  expect({ flag, isName, text: word.text }).toEqual(expected);
});
