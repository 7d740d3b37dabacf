/** The name that is suggested for a cell. */
import { suggestedName } from '../../src/cells/naming';

test.each([
  ['import math\n_hidden = 1\nraw = 1\ntotal = raw + 1', 'total'],
  ['frame = read(\n    path="a",\n    sep=",",\n)', 'frame'],
  ['def clean(rows):\n    kept = rows\n    return kept', 'clean'],
  ['async def get(): pass', 'get'],
  ['class Model:\n    size = 1', 'Model'],
  ['train, test = split(frame)', 'test'],
  ['a = b = 3', 'b'],
  ['size: int = 3', 'size'],
  ['n = 1\nn += 1', 'n'],
  ['with open("a") as file:\n    text = file.read()', 'text'],
  ['if big:\n    kind = 1\nelse: kind = 2', 'kind'],
  ['größe = 1', 'größe'],
  ['done = 1  # rate = 2\nnote = """\nrate = 3\n"""', 'note'],
  ['x = 1\nassert x == 1', 'x'],
  ['x = 1\nx == 2', 'x']
])('%j is called as the last thing that it writes', (source, name) => {
  expect(suggestedName(source, 4, new Set())).toBe(name);
});

test.each([
  'print(1)',
  'fit(\n    rate=1,\n)',
  'frame["a"] = 1',
  'model.rate = 2',
  'import math',
  ''
])('%j, which writes no name, is called by its place', source => {
  expect(suggestedName(source, 4, new Set())).toBe('cell_4');
});

test('a name that another step has gets a number', () => {
  expect(suggestedName('a = 1', 1, new Set(['a', 'a_2']))).toBe('a_3');
  expect(suggestedName('params = 1', 1, new Set())).toBe('params_2');
});
