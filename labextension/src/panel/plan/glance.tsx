/** What the toolbar's buttons would run: a glance below them, while the pointer or the keyboard's focus is there. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { Sheet } from '../../cells/sheet';
import type { IPipelines } from '../../tokens';
import { RUNS } from '../actions';
import { PlanPreview } from './preview';

const HOVER_MILLISECONDS = 450;
const BUTTONS = RUNS.map(({ command }) => `jp-button[data-command='${command}']`).join();

/** Show the plans of the notebook in front; wherever Lab has put the buttons: it moves them when it is narrow. */
export function showPlansAtToolbars(
  page: Document,
  pipelines: IPipelines,
  commands: CommandRegistry,
  trans: TranslationBundle
): void {
  let at: HTMLElement | null = null;
  let words = '';
  let clock = 0;
  const leave = (): void => {
    clearTimeout(clock);
    if (at && !at.title) {
      at.title = words;
    }
    at = null;
  };
  const show = (button: HTMLElement): void => {
    const action = RUNS.find(({ command }) => command === button.dataset.command);
    const session = pipelines.current;
    if (action && session && commands.isEnabled(action.command)) {
      // The browser would write its words over ours.
      words = button.title;
      button.removeAttribute('title');
      const preview = <PlanPreview session={session} trans={trans} request={action.plan} />;
      const content = Promise.resolve(ReactWidget.create(preview));
      Sheet.open(button, trans.__('What would run'), content, true);
    }
  };
  const come = (event: Event): void => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest<HTMLElement>(BUTTONS) ?? null;
    if (button !== at) {
      leave();
      at = button;
      clock = window.setTimeout(() => {
        if (button) {
          show(button);
        }
      }, HOVER_MILLISECONDS);
    }
  };
  page.addEventListener('pointerover', come);
  // Lab keeps the focus where it is when one of its buttons is pressed: on them it comes from the keyboard.
  page.addEventListener('focusin', come);
  page.addEventListener('focusout', leave);
  page.addEventListener(
    'pointerdown',
    () => {
      clearTimeout(clock);
    },
    { capture: true }
  );
}
