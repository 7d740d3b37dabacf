/** How wide the panel is: wide enough to read its graph, where the window has the room; a width that the user gave stays. */
import { SplitPanel, type Widget } from '@lumino/widgets';

const WIDTH = 460;
/** At most this share of the window. */
const MOST = 0.36;

/** Keeps the area of the window that a widget lies in as wide as it is to be, until the user drags it. */
export class RoomyWidth {
  constructor(private readonly _widget: Widget) {}

  /** Widen the area, unless it is as wide, and follow the window from now on. */
  begin(): void {
    const area = areaOf(this._widget);
    if (area) {
      this._isUsers = area.child.node.clientWidth > wanted();
      this._follow(area);
      window.addEventListener('resize', () => {
        afterLayout(() => {
          this._follow(area);
        });
      });
      area.parent.handleMoved.connect(() => {
        afterLayout(() => {
          this._isUsers ||= area.child.isVisible && area.child.node.clientWidth !== this._width;
        });
      });
    }
  }

  private _follow({ parent, child }: Area): void {
    if (child.isVisible && !this._isUsers) {
      give(parent, child, wanted());
      afterLayout(() => {
        this._width = child.node.clientWidth;
      });
    }
  }

  private _isUsers = false;
  private _width = 0;
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

/** How wide the panel is as long as nobody drags it. */
export function wanted(): number {
  return Math.min(WIDTH, MOST * window.innerWidth);
}

/** Give an area a width, at the cost of what takes the room that others leave: the notebooks. */
function give(parent: SplitPanel, child: Widget, width: number): void {
  const more = width - child.node.clientWidth;
  parent.setRelativeSizes(
    parent.widgets.map(each => {
      const size = each.isVisible ? each.node.clientWidth : 0;
      return each === child ? width : SplitPanel.getStretch(each) > 0 ? size - more : size;
    })
  );
}

/** Do something once Lab has laid its areas out: it does so behind the event, before the next frame. */
function afterLayout(action: () => void): void {
  requestAnimationFrame(action);
}
