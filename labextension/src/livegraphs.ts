/** Live graphs that a kernel draws in cells' outputs: what is pressed in them is theirs, not the notebook's; they rest. */
import type { Core } from 'cytoscape';
import { letRest } from './panel/graph/resting';

const LIVE = '.jupyter-pipes-live';
const LOOK_AGAIN = 'jupyter-pipes-look-again';
const SUPPRESSED = 'data-lm-suppress-shortcuts';

/**
 * Keep Lab's one-key commands (arrows move the cell, `r` makes it raw) away from buttons and fields of live
 * graphs. Keys with Ctrl, Alt, Shift and the like stay Lab's: Ctrl+S saves from there as well.
 */
export function keepKeysOfLiveGraphs(page: Window): void {
  page.addEventListener(
    'keydown',
    event => {
      const target = event.target;
      const isPlain = !(event.ctrlKey || event.altKey || event.metaKey || event.shiftKey);
      // On what has the focus itself: Lab's selectors match that before they come to what is around it.
      if (target instanceof Element && target.closest(LIVE)) {
        target.toggleAttribute(SUPPRESSED, isPlain);
      }
    },
    // Before Lab, which listens at the document.
    { capture: true }
  );
}

/** Let live graphs rest: their own style sheet has an animation begin where one is drawn, or pointed at. */
export function letLiveGraphsRest(page: Document): void {
  page.addEventListener('animationstart', ({ animationName, target }) => {
    if (animationName === LOOK_AGAIN && target instanceof Element) {
      const graph = target.closest(LIVE)?.querySelector<Drawn>('.__________cytoscape_container');
      if (graph?._cyreg?.cy) {
        letRest(graph._cyreg.cy);
      }
    }
  });
}

/** What cytoscape draws in. */
interface Drawn extends HTMLElement {
  readonly _cyreg?: { readonly cy?: Core };
}
