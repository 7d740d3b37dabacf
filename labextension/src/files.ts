/** Names of the files that a pipeline is exported to. Pure. */
import type { Form } from './wire';

/** The folder of a path, with its slash; "" at the top. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** What is suggested for the export of a notebook, in its folder; a module can be imported by that name. */
export function suggestedPath(notebook: string, { name, path, is_engine }: Form): string {
  const stem = notebook.slice(folderOf(notebook).length).replace(/\.ipynb$/, '');
  if (path === 'notebook') {
    return `${stem}-executed.ipynb`;
  }
  const module = stem.replace(/\W+/g, '_').replace(/^(?=\d)/, '_');
  // Of what has two forms, none may stand in the place of the other.
  return `${module}${is_engine ? `_${name}` : ''}${path === 'module' ? '.py' : ''}`;
}
