/** Suggested files lie in the notebook's folder, and a module can be imported by its name. */
import { folderOf, suggestedFile } from '../src/files';

test.each([
  ['train.ipynb', 'train.py'],
  ['a/b/my train.v2.ipynb', 'my_train_v2.py'],
  ['2024-report.ipynb', '_2024_report.py']
])('the module of %s is %s', (notebook, module) => {
  expect(suggestedFile(notebook, 'python')).toBe(module);
});

test('an executed notebook is another file than the notebook', () => {
  expect(suggestedFile('a/train.ipynb', 'notebook')).toBe('train-executed.ipynb');
});

test('the folder of a path ends with its slash', () => {
  expect(['train.ipynb', 'a/b/train.ipynb'].map(folderOf)).toEqual(['', 'a/b/']);
});
