/** How wide the panel opens: wide enough to read its graph, where the window has the room. */
import { SplitPanel, type Widget } from '@lumino/widgets';

const WIDTH = 460;
/** At most this share of the window. */
const MOST = 0.36;

/** Widen the area of the window that a widget lies in, once, unless it is as wide. */
export function widen(widget: Widget): void {
  let [child, parent] = [widget, widget.parent];
  while (parent && !(parent instanceof SplitPanel && parent.orientation === 'horizontal')) {
    [child, parent] = [parent, parent.parent];
  }
  const wanted = Math.min(WIDTH, MOST * window.innerWidth);
  if (parent && child.node.clientWidth < wanted) {
    const sizes = parent.widgets.map(each => (each.isVisible ? each.node.clientWidth : 0));
    const [place, main] = [parent.widgets.indexOf(child), sizes.indexOf(Math.max(...sizes))];
    const more = wanted - child.node.clientWidth;
    parent.setRelativeSizes(
      sizes.map((size, index) => (index === place ? wanted : index === main ? size - more : size))
    );
  }
}
