/** Suggested files lie in the notebook's folder, and a module can be imported by its name. */
import { folderOf, suggestedPath } from '../src/files';
import { FORMS, type Form } from '../src/wire';

const formNamed = (name: string): Form => FORMS.find(form => form.name === name) as Form;

test.each([
  ['train.ipynb', 'train.py'],
  ['a/b/my train.v2.ipynb', 'my_train_v2.py'],
  ['2024-report.ipynb', '_2024_report.py']
])('the module of %s is %s', (notebook, module) => {
  expect(suggestedPath(notebook, formNamed('python'))).toBe(module);
});

test('an executed notebook is another file than the notebook', () => {
  expect(suggestedPath('a/train.ipynb', formNamed('notebook'))).toBe('train-executed.ipynb');
});

test('the folder of a path ends with its slash', () => {
  expect(['train.ipynb', 'a/b/train.ipynb'].map(folderOf)).toEqual(['', 'a/b/']);
});

test('each form has a place of its own', () => {
  const paths = FORMS.map(form => suggestedPath('train.ipynb', form));
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths).toContain('train_luigi.py');
  expect(paths).toContain('train_kedro');
});
