/** How wide the panel is: wide enough to read its graph, where the window has the room. */
import { SplitPanel, type Widget } from '@lumino/widgets';

const WIDTH = 460;
/** At most this share of the window. */
const MOST = 0.36;
/** Px by which a width may differ from what was asked for and still be it: Lab rounds. */
const EXACT = 4;

/** Widens the area that a widget lies in, and keeps that in proportion to the window unless the user set another. */
export class RoomyWidth {
  constructor(private readonly _widget: Widget) {
    window.addEventListener('resize', this._onResize);
  }

  dispose(): void {
    window.removeEventListener('resize', this._onResize);
  }

  /** Widen it, unless it is as wide. */
  widen(): void {
    const area = areaOf(this._widget);
    if (area && area.child.node.clientWidth < wanted()) {
      this._set(area);
    } else if (area) {
      this._asked = area.child.node.clientWidth;
    }
  }

  private readonly _onResize = (): void => {
    // Lab gives its areas their places behind this event.
    requestAnimationFrame(() => {
      const area = this._widget.isVisible && areaOf(this._widget);
      if (area && this._isOurs(area.child.node.clientWidth)) {
        this._set(area);
      }
    });
  };

  private _isOurs(width: number): boolean {
    return this._asked > 0 && Math.abs(width - this._asked) <= EXACT;
  }

  private _set({ parent, child }: Area): void {
    this._asked = wanted();
    const sizes = parent.widgets.map(each => (each.isVisible ? each.node.clientWidth : 0));
    const [place, main] = [parent.widgets.indexOf(child), sizes.indexOf(Math.max(...sizes))];
    const more = this._asked - child.node.clientWidth;
    parent.setRelativeSizes(
      sizes.map((size, index) =>
        index === place ? this._asked : index === main ? size - more : size
      )
    );
  }

  private _asked = 0;
}

function wanted(): number {
  return Math.min(WIDTH, MOST * window.innerWidth);
}

/** The part of the window that a widget lies in, beside the others. */
interface Area {
  readonly parent: SplitPanel;
  readonly child: Widget;
}

function areaOf(widget: Widget): Area | null {
  let [child, parent] = [widget, widget.parent];
  while (parent && !(parent instanceof SplitPanel && parent.orientation === 'horizontal')) {
    [child, parent] = [parent, parent.parent];
  }
  return parent && { parent, child };
}
