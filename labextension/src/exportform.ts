/** What "Export" asks: in which form and to which place; with what stood against the try before. */
import type { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { suggestedPath } from './files';
import { FORMS, type Form } from './wire';

/** What the user wants. */
export interface Wanted {
  readonly form: Form;
  readonly path: string;
}

/** Why a try was refused, with what leads to the cell that it is about. */
export interface Obstacle {
  readonly words: string;
  readonly lead?: { readonly label: string; readonly follow: () => void };
}

/** The form, as the body of a dialog. */
export class ExportForm extends Widget implements Dialog.IBodyWidget<Wanted> {
  constructor(
    private readonly _notebook: string,
    private _wanted: Wanted,
    obstacle: Obstacle | null,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-pipes-export');
    this._path.type = 'text';
    this._path.spellcheck = false;
    this._path.value = _wanted.path;
    this._path.className = 'jp-mod-styled';
    this._label.append(this._caption, this._path);
    this.node.append(this._choices(), this._label, ...(obstacle ? [alertOf(obstacle)] : []));
    this._describe();
  }

  getValue(): Wanted {
    return { form: this._wanted.form, path: this._path.value.trim() };
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    // Lab puts the focus to it behind this.
    requestAnimationFrame(() => {
      this._path.select();
    });
  }

  private _choices(): HTMLElement {
    const set = document.createElement('fieldset');
    const legend = document.createElement('legend');
    legend.textContent = this._trans.__('Form');
    set.append(legend, ...FORMS.map(form => this._choice(form)));
    return set;
  }

  private _choice(form: Form): HTMLElement {
    const [label, input] = [document.createElement('label'), document.createElement('input')];
    input.type = 'radio';
    input.name = 'jp-pipes-form';
    input.value = form.name;
    input.checked = form.name === this._wanted.form.name;
    input.onchange = () => {
      this._choose(form);
    };
    const about = document.createElement('span');
    about.className = 'jp-pipes-quiet';
    about.textContent = form.about;
    label.append(input, form.title, about);
    return label;
  }

  private _choose(form: Form): void {
    const isSuggested = this._path.value === suggestedPath(this._notebook, this._wanted.form);
    const path = isSuggested ? suggestedPath(this._notebook, form) : this._path.value;
    this._wanted = { form, path };
    this._path.value = path;
    this._describe();
  }

  private _describe(): void {
    this._caption.textContent =
      this._wanted.form.path === 'folder'
        ? this._trans.__('Folder of the project, from the notebook’s folder')
        : this._trans.__('File, from the notebook’s folder');
  }

  private readonly _label = document.createElement('label');
  private readonly _caption = document.createElement('span');
  private readonly _path = document.createElement('input');
}

function alertOf({ words, lead }: Obstacle): HTMLElement {
  const alert = document.createElement('div');
  alert.className = 'jp-pipes-obstacle';
  alert.setAttribute('role', 'alert');
  alert.textContent = words;
  if (lead) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'jp-pipes-link';
    button.textContent = lead.label;
    button.onclick = lead.follow;
    alert.append(' ', button);
  }
  return alert;
}
