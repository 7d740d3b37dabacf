/** The slim header of one step's cell: how the step stands, and on the active cell what can be done with it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { StepCommandIDs } from '../stepcommands';
import { isMaybeStale } from '../statuses';
import { spoken } from '../words';
import type { HeaderWords } from './words';

const BUTTONS = [
  StepCommandIDs.run,
  StepCommandIDs.stop,
  StepCommandIDs.runFrom,
  StepCommandIDs.why,
  StepCommandIDs.log,
  StepCommandIDs.elements,
  StepCommandIDs.debug
];
const STATUS = 'data-jupyter-pipes-status';
const HOVER_MILLISECONDS = 300;

/** Which step it is, of which of the notebook's pipelines: what commands are given. */
export type StepPlace = Readonly<Record<'step' | 'pipeline', string>>;

/** The header. */
export class StepHeader extends Widget {
  constructor(
    private readonly _commands: CommandRegistry,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-pipes-header');
    this.node.setAttribute('role', 'group');
    // Letters and arrows are the buttons' here, not the notebook's.
    this.node.dataset.lmSuppressShortcuts = 'true';
    this.node.append(this._name, this._status, this._detail, this._note, this._bar);
    this._name.className = 'jp-pipes-name';
    this._status.className = 'jp-pipes-status';
    this._detail.className = 'jp-pipes-took';
    this._note.className = 'jp-pipes-note';
    this._bar.className = 'jp-pipes-bar';
    this._note.addEventListener('pointerenter', () => {
      this._hover = window.setTimeout(() => {
        this._glance();
      }, HOVER_MILLISECONDS);
    });
    this._note.addEventListener('pointerleave', () => {
      clearTimeout(this._hover);
    });
  }

  override dispose(): void {
    clearTimeout(this._hover);
    super.dispose();
  }

  /** Show how the step stands; the buttons are there as long as the cell is the active one. */
  showStep(place: StepPlace, words: HeaderWords, isActive: boolean): void {
    const { step } = words;
    const name = place.step;
    this._place = place;
    mark(this.node, STATUS, words.status);
    mark(this.node, 'aria-label', step ? spoken(step, this._trans) : name);
    mark(this._status, 'title', [words.look, step?.reason].filter(Boolean).join(': '));
    put(this._name, name || this._trans.__('without a name'));
    mark(this._name, 'title', name);
    put(this._status, words.look);
    put(this._detail, words.detail);
    put(this._note, words.note);
    mark(this._note, STATUS, words.noteStatus);
    this._note.classList.toggle('jp-pipes-maybe', step !== undefined && isMaybeStale(step));
    mark(this._note, 'title', step?.stale ? '' : words.note);
    const share = step?.status === 'running' ? (step.share ?? 0) : 0;
    mark(this._bar, 'style', `width: ${share * 100}%`);
    this._showButtons(isActive && step !== undefined);
  }

  private _showButtons(isActive: boolean): void {
    if (isActive && !this._buttons) {
      this._buttons = this._madeButtons();
      this.node.append(this._buttons);
    } else if (!isActive && this._buttons) {
      this._buttons.remove();
      this._buttons = null;
    }
    for (const button of this._buttons?.querySelectorAll('button') ?? []) {
      const id = button.dataset.command ?? '';
      button.disabled = !this._commands.isEnabled(id, this._place);
      button.hidden = !this._commands.isVisible(id, this._place);
    }
  }

  private _madeButtons(): HTMLElement {
    const buttons = document.createElement('span');
    buttons.className = 'jp-pipes-buttons';
    buttons.setAttribute('role', 'toolbar');
    buttons.setAttribute('aria-label', this._trans.__('Step'));
    for (const id of BUTTONS) {
      buttons.append(this._madeButton(id));
    }
    return buttons;
  }

  private _madeButton(id: string): HTMLButtonElement {
    const button = document.createElement('button');
    const label = document.createElement('span');
    button.type = 'button';
    button.dataset.command = id;
    button.title = this._commands.caption(id, this._place);
    label.textContent = this._commands.label(id, this._place);
    button.setAttribute('aria-label', label.textContent);
    const icon = this._commands.icon(id);
    if (icon && typeof icon !== 'string') {
      icon.render(button, { props: { tag: 'span' } } as never);
    }
    button.append(label);
    button.addEventListener('click', () => {
      void this._commands.execute(id, this._place);
    });
    return button;
  }

  private _glance(): void {
    if (this._note.dataset.jupyterPipesStatus === 'stale' && this._note.textContent) {
      void this._commands.execute(StepCommandIDs.why, { ...this._place, glance: true });
    }
  }

  private _place: StepPlace = { step: '', pipeline: '' };
  private _hover: number | undefined;
  private _buttons: HTMLElement | null = null;
  private readonly _name = document.createElement('span');
  private readonly _status = document.createElement('span');
  private readonly _detail = document.createElement('span');
  private readonly _note = document.createElement('span');
  private readonly _bar = document.createElement('span');
}

/** Set a text only where it differs, and in its own node: styles are not looked for again where none comes or goes. */
function put(element: HTMLElement, text: string): void {
  const { firstChild } = element;
  if (element.textContent === text) {
    return;
  }
  if (text && firstChild instanceof Text) {
    firstChild.data = text;
  } else {
    element.textContent = text;
  }
}

/** Set an attribute only where it differs. */
function mark(element: HTMLElement, attribute: string, value: string): void {
  if (element.getAttribute(attribute) !== value) {
    element.setAttribute(attribute, value);
  }
}
