/** Names of the files that a pipeline is exported to. Pure. */

/** A Python module, or the notebook with the outputs of a run. */
export type Form = 'python' | 'notebook';

/** The folder of a path, with its slash; "" at the top. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** The file that is suggested for the export of a notebook, in its folder; a module can be imported by that name. */
export function suggestedFile(notebook: string, form: Form): string {
  const stem = notebook.slice(folderOf(notebook).length).replace(/\.ipynb$/, '');
  return form === 'notebook'
    ? `${stem}-executed.ipynb`
    : `${stem.replace(/\W+/g, '_').replace(/^(?=\d)/, '_')}.py`;
}
