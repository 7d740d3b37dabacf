/** Live graphs that a kernel draws in cells' outputs: what is pressed in them is theirs, not the notebook's. */

const LIVE = '.jupyter-pipes-live';
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
