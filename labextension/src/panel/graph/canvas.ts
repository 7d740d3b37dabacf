/** The drawn graph: cytoscape on a layout that never moves; nodes change in place, only where they differ. */
import cytoscape from 'cytoscape';
import { related } from '../../model';
import type { Board, Layout } from '../../wire';
import { elements, faces, type Face } from './elements';
import { styleOf } from './style';

const MOST_SCALE = 1.25;
const SMALL_MARGIN = 12;
/** Room for the buttons in px. */
const TOP_MARGIN = 36;

/** What a graph tells when it is used. */
export interface GraphListener {
  /** A node was clicked; "" for the ground. */
  onSelect(node: string): void;
  /** A node was clicked twice. */
  onOpen(node: string): void;
}

/** A graph in an element of the page. */
export class GraphCanvas {
  constructor(container: HTMLElement, listener: GraphListener) {
    this._cy = cytoscape({
      container,
      layout: { name: 'preset' },
      minZoom: 0.05,
      maxZoom: 4,
      autoungrabify: true,
      boxSelectionEnabled: false,
      hideEdgesOnViewport: false,
      pixelRatio: 'auto'
    });
    this._cy.on('tap', event => {
      const isNode =
        event.target !== this._cy &&
        (event.target as cytoscape.SingularElementReturnValue).hasClass('step');
      listener.onSelect(isNode ? (event.target as cytoscape.NodeSingular).id() : '');
    });
    this._cy.on('dbltap', 'node.step', event => {
      listener.onOpen((event.target as cytoscape.NodeSingular).id());
    });
    this._resized = new ResizeObserver(() => {
      this._cy.resize();
      if (!this._isMoved) {
        this.fit();
      }
    });
    this._resized.observe(container);
    this._cy.on('dragpan scrollzoom pinchzoom', () => {
      this._isMoved = true;
    });
  }

  /** Draw another graph. */
  draw(layout: Layout): void {
    this._faces = new Map();
    this._cy.batch(() => {
      this._cy.elements().remove();
      this._cy.add(elements(layout));
    });
    this.fit();
  }

  /** Show how the steps stand. */
  show(layout: Layout, board: Board, now: number): void {
    const next = faces(layout, board, now);
    this._cy.batch(() => {
      for (const [id, face] of next) {
        const before = this._faces.get(id);
        if (JSON.stringify(before) !== JSON.stringify(face)) {
          this._put(id, face);
        }
      }
    });
    this._faces = next;
  }

  /** Light a step, and what it hangs on and what hangs on it; nothing by "". */
  select(step: string, board: Board): void {
    const lit = step ? related(board.steps, step) : null;
    this._cy.batch(() => {
      this._cy.elements().removeClass('dimmed lit chosen');
      this._cy.getElementById(step).addClass('chosen');
      if (lit && this._cy.getElementById(step).nonempty()) {
        this._cy.nodes('.step').forEach(node => {
          node.addClass(lit.has(node.id()) ? 'lit' : 'dimmed');
        });
        this._cy.edges().forEach(edge => {
          const isLit = lit.has(edge.source().id()) && lit.has(edge.target().id());
          edge.addClass(isLit ? 'lit' : 'dimmed');
        });
      }
    });
  }

  /** Show all of it. */
  fit(): void {
    this._isMoved = false;
    this._cy.fit(undefined, SMALL_MARGIN);
    if (this._cy.zoom() > MOST_SCALE) {
      this._cy.zoom(MOST_SCALE);
      this._cy.center();
    }
    // At the top, where one begins to read.
    const above = this._cy.elements().renderedBoundingBox().y1 - TOP_MARGIN;
    this._cy.panBy({ x: 0, y: -Math.max(above, 0) });
  }

  /** Larger or smaller by a share, about the middle. */
  zoomBy(share: number): void {
    this._isMoved = true;
    const { width, height } = this._cy.container()?.getBoundingClientRect() ?? {
      width: 0,
      height: 0
    };
    this._cy.zoom({
      level: this._cy.zoom() * (1 + share),
      renderedPosition: { x: width / 2, y: height / 2 }
    });
  }

  /** Take the colours of the theme as it is now. */
  restyle(): void {
    this._cy.style(styleOf(this._cy.container() ?? document.body));
  }

  dispose(): void {
    this._resized.disconnect();
    this._cy.destroy();
  }

  private _put(id: string, face: Face): void {
    const node = this._cy.getElementById(id);
    const { label, done } = face;
    node.data({ label, stops: `0 ${done} ${done} 100` });
    node.classes(
      `step ${id.startsWith('stage:') ? 'stage ' : ''}${face.status}${face.isStale ? ' stale' : ''}`
    );
  }

  private readonly _cy: cytoscape.Core;
  private readonly _resized: ResizeObserver;
  private _faces: ReadonlyMap<string, Face> = new Map();
  private _isMoved = false;
}
