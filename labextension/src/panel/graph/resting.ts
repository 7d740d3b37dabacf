/** Lets a drawn graph rest: cytoscape comes back before each frame of the page, also where nothing is to be drawn. */
import type { Core } from 'cytoscape';

/** After so many frames without anything to draw a graph rests: until then cytoscape makes its pictures finer. */
const QUIET_FRAMES = 15;
/** Behind all that cytoscape does itself before a frame. */
const LAST = 0;

/** What draws a graph; none of it is promised by cytoscape, of which 3.35 and the version in ipycytoscape were tried. */
interface Renderer {
  destroyed?: boolean;
  renderLoopStarted?: boolean;
  redraw(options?: object): void;
  startRenderLoop(): void;
  beforeRender(callback: (isDrawn: boolean) => void, priority: number): void;
}

const seen = new WeakSet<Core>();

/** Let a graph rest whenever it has nothing to draw; returns what wakes it, where it does not by itself: to move it. */
export function letRest(cy: Core): () => void {
  const { renderer } = cy as unknown as { renderer(): Renderer };
  const drawing = renderer.call(cy);
  if (!seen.has(cy)) {
    seen.add(cy);
    new Rest(drawing);
  }
  return () => {
    drawing.redraw();
  };
}

class Rest {
  constructor(private readonly _renderer: Renderer) {
    const redraw = _renderer.redraw.bind(_renderer);
    _renderer.redraw = options => {
      redraw(options);
      this._wake();
    };
    _renderer.beforeRender(isDrawn => {
      this._quiet = isDrawn ? 0 : this._quiet + 1;
      if (this._quiet === QUIET_FRAMES) {
        this._end();
      }
    }, LAST);
  }

  /** End the loop: it goes on unless its renderer is destroyed when it comes to the next frame. */
  private _end(): void {
    const renderer = this._renderer;
    let isEnding = false;
    requestAnimationFrame(() => {
      isEnding = this._quiet >= QUIET_FRAMES && !renderer.destroyed;
      renderer.destroyed ||= isEnding;
    });
    // The loop asks for its next frame when this returns: what is asked for behind it comes behind it.
    queueMicrotask(() => {
      requestAnimationFrame(() => {
        if (isEnding) {
          renderer.destroyed = false;
          renderer.renderLoopStarted = false;
          this._isResting = true;
        }
      });
    });
  }

  private _wake(): void {
    this._quiet = 0;
    if (this._isResting) {
      this._isResting = false;
      this._renderer.startRenderLoop();
    }
  }

  private _quiet = 0;
  private _isResting = false;
}
