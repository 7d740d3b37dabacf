/** The drawn graph: cytoscape on a layout that never moves; nodes change in place, only where they differ. */
import cytoscape from 'cytoscape';
import type { Layout } from '../../wire';
import { elements, headOf, nodeClasses } from './elements';
import { isUnfoldedIn, type Face } from './faces';
import { letRest } from './resting';
import { styleOf } from './style';

const MOST_SCALE = 1.25;
const SMALL_MARGIN = 4;
const MOST_EXACT = 150;
/** Classes that do not hang on how a step stands. */
const KEPT = ['chosen', 'lit', 'dimmed', 'focused'];
const MOVE_MILLISECONDS = 150;

const EMPTY: Layout = {
  nodes: {},
  groups: {},
  edges: [],
  width: 1,
  height: 1,
  direction: 'TB',
  members: {}
};

/** A place in px of the page. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The part of the layout that is seen, and how large. */
export interface Sight {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a graph tells when it is used. */
export interface GraphListener {
  /** A step was clicked; "" for the ground. */
  onSelect(step: string): void;
  /** A step was clicked twice. */
  onOpen(step: string): void;
  /** The title of a stage, or what stands for it, was clicked. */
  onFold(stage: string): void;
  /** What unfolds the pipeline that a step is, or folds it, was clicked. */
  onUnfold(step: string): void;
  /** A menu was asked for. */
  onMenu(node: string, place: Place): void;
  /** The pointer rests on a node, or on an edge with these names; null when on neither. */
  onHover(what: { readonly node: string; readonly names: string } | null, place: Place): void;
  /** Another part is seen. */
  onSight(sight: Sight): void;
}

/** A graph in an element of the page. */
export class GraphCanvas {
  constructor(
    private readonly _container: HTMLElement,
    private readonly _listener: GraphListener
  ) {
    this._cy = cytoscape({
      container: _container,
      layout: { name: 'preset' },
      minZoom: 0.05,
      maxZoom: 4,
      autoungrabify: true,
      autounselectify: true,
      boxSelectionEnabled: false,
      // While it moves, a picture of it is moved.
      textureOnViewport: true
    });
    this._wake = letRest(this._cy);
    this._listen();
    this._resized = new ResizeObserver(() => {
      this._cy.resize();
      if (!this._isMoved) {
        this.fit();
      }
    });
    this._resized.observe(_container);
  }

  /**
   * Draw another graph; the part that somebody looks at stays, unless it is to be shown whole.
   *
   * @param still a node that stays where it is on the page, if only a part is looked at
   */
  draw(layout: Layout, isWhole: boolean, still = ''): void {
    const before = this._cornerOf(still);
    this._layout = layout;
    this._faces = new Map();
    this._size = [Math.max(layout.width, 1), Math.max(layout.height, 1)];
    this._cy.batch(() => {
      this._cy.elements().remove();
      this._cy.add(elements(layout));
    });
    this._cy.getElementById(this._focused).addClass('focused');
    // Exact lines between many nodes take longer than a frame.
    this._cy.edges().toggleClass('straight', Object.keys(layout.nodes).length > MOST_EXACT);
    if (isWhole || !this._isMoved) {
      this.fit();
      return;
    }
    const after = this._cornerOf(still);
    if (before && after) {
      this._cy.panBy({ x: before.x - after.x, y: before.y - after.y });
    }
  }

  /** The top left corner of a node on the page; undefined where it is not drawn. */
  private _cornerOf(node: string): Place | undefined {
    const element = this._cy.getElementById(node);
    if (element.empty()) {
      return undefined;
    }
    const { x1, y1 } = element.renderedBoundingBox({
      includeLabels: false,
      includeUnderlays: false
    });
    return { x: x1, y: y1 };
  }

  /** Show what the nodes show now. */
  show(next: ReadonlyMap<string, Face>): void {
    this._cy.batch(() => {
      for (const [id, face] of next) {
        if (!isSame(this._faces.get(id), face)) {
          this._put(id, face);
        }
      }
    });
    this._faces = next;
  }

  /** Light these nodes and the edges between them, and dim the others; null lights all alike. */
  light(nodes: ReadonlySet<string> | null, chosen: string): void {
    this._cy.batch(() => {
      this._cy.elements().removeClass('dimmed lit chosen');
      this._cy.getElementById(chosen).addClass('chosen');
      if (nodes) {
        this._cy.nodes('.step').forEach(node => {
          node.addClass(nodes.has(node.id()) ? 'lit' : 'dimmed');
        });
        this._cy.edges().forEach(edge => {
          const isLit = nodes.has(edge.source().id()) && nodes.has(edge.target().id());
          edge.addClass(isLit ? 'lit' : 'dimmed');
          this._cy.getElementById(`label:${edge.id()}`).toggleClass('dimmed', !isLit);
        });
      }
    });
  }

  /** Mark the node that the keyboard is at, and bring it into sight; none by "". */
  focus(node: string): void {
    this._focused = node;
    this._cy.nodes('.focused').removeClass('focused');
    const element = this._cy.getElementById(node);
    if (element.nonempty()) {
      element.addClass('focused');
      this.reveal(node);
    }
  }

  /** Bring a node into sight. */
  reveal(node: string): void {
    const element = this._cy.getElementById(node);
    if (element.empty()) {
      return;
    }
    const { x, y } = element.renderedPosition();
    const { clientWidth, clientHeight } = this._container;
    if (x < 0 || y < 0 || x > clientWidth || y > clientHeight) {
      this._isMoved = true;
      if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
        this._cy.center(element);
      } else {
        this._cy.animate({ center: { eles: element } }, { duration: MOVE_MILLISECONDS });
        this._wake();
      }
    }
  }

  /** Show all of it, from the top, where one begins to read. */
  fit(): void {
    this._isMoved = false;
    const { clientWidth, clientHeight } = this._container;
    const [width, height] = this._size;
    if (clientWidth && clientHeight) {
      const zoom = Math.min(
        (clientWidth - 2 * SMALL_MARGIN) / width,
        (clientHeight - 2 * SMALL_MARGIN) / height,
        MOST_SCALE
      );
      this._cy.viewport({ zoom, pan: { x: (clientWidth - width * zoom) / 2, y: SMALL_MARGIN } });
    }
  }

  /** How large it is drawn; 1 is its own size. */
  get zoom(): number {
    return this._cy.zoom();
  }

  /** Draw it so large, about the middle. */
  zoomTo(level: number): void {
    this._isMoved = true;
    const { clientWidth, clientHeight } = this._container;
    this._cy.zoom({ level, renderedPosition: { x: clientWidth / 2, y: clientHeight / 2 } });
  }

  /** Bring a place of the layout to the middle. */
  moveTo({ x, y }: Place): void {
    this._isMoved = true;
    const { clientWidth, clientHeight } = this._container;
    const zoom = this._cy.zoom();
    this._cy.pan({ x: clientWidth / 2 - x * zoom, y: clientHeight / 2 - y * zoom });
  }

  /** Where a node is on the page. */
  placeOf(node: string): Place {
    const { left, top } = this._container.getBoundingClientRect();
    const { x, y } = this._cy.getElementById(node).renderedPosition();
    return { x: left + x, y: top + y };
  }

  /** All of it as PNG, in its own size twice over, so that it can be printed. */
  async png(): Promise<Blob> {
    const ground = getComputedStyle(this._container).getPropertyValue('--jp-layout-color1');
    return this._cy.png({ output: 'blob-promise', full: true, scale: 2, bg: ground.trim() });
  }

  /** Take the colours of the theme as it is now. */
  restyle(): void {
    this._cy.style(styleOf(this._container));
  }

  dispose(): void {
    this._resized.disconnect();
    this._cy.destroy();
  }

  private _listen(): void {
    const cy = this._cy;
    cy.on('tap', event => {
      this._onTap(event.target === cy ? null : (event.target as cytoscape.SingularElementArgument));
    });
    cy.on('dbltap', 'node.step', event => {
      this._listener.onOpen((event.target as cytoscape.NodeSingular).id());
    });
    cy.on('cxttap', 'node.step', event => {
      const pointer = event.originalEvent;
      this._listener.onMenu((event.target as cytoscape.NodeSingular).id(), {
        x: pointer.clientX,
        y: pointer.clientY
      });
    });
    // Lab would open its own menu.
    this._container.addEventListener('contextmenu', event => {
      event.preventDefault();
      event.stopPropagation();
    });
    cy.on('mouseover mouseout', 'node.fold, node.title', event => {
      this._container.style.cursor = event.type === 'mouseover' ? 'pointer' : '';
    });
    cy.on('mouseover', 'node.step, edge', event => {
      const element = event.target as cytoscape.SingularElementArgument;
      const what = element.isNode()
        ? { node: element.id(), names: '' }
        : { node: '', names: String(element.data('names')) };
      this._listener.onHover(what, event.renderedPosition);
    });
    cy.on('mouseout viewport', () => {
      this._listener.onHover(null, { x: 0, y: 0 });
    });
    cy.on('dragpan scrollzoom pinchzoom', () => {
      this._isMoved = true;
    });
    cy.on('viewport', () => {
      this._tellSight();
    });
  }

  private _onTap(element: cytoscape.SingularElementArgument | null): void {
    const stage = element?.isNode() ? String(element.data('stage') ?? '') : '';
    const fold = element?.isNode() ? String(element.data('fold') ?? '') : '';
    if (fold) {
      this._listener.onUnfold(fold);
    } else if (stage) {
      this._listener.onFold(stage);
    } else {
      this._listener.onSelect(element?.hasClass('step') ? element.id() : '');
    }
  }

  /** Once before each frame, however often it moves until then. */
  private _tellSight(): void {
    if (!this._isSightDue) {
      this._isSightDue = true;
      requestAnimationFrame(() => {
        this._isSightDue = false;
        if (!this._cy.destroyed()) {
          const { x1, y1, w, h } = this._cy.extent();
          this._listener.onSight({ zoom: this._cy.zoom(), x: x1, y: y1, width: w, height: h });
        }
      });
    }
  }

  private _put(id: string, { label, done, status, isStale, isMaybe }: Face): void {
    const node = this._cy.getElementById(id);
    const standing = KEPT.filter(name => node.hasClass(name));
    const isUnfolded = isUnfoldedIn(this._layout, id);
    if (isUnfolded) {
      this._cy.getElementById(headOf(id)).data({ label });
    }
    node.data({ label: isUnfolded ? '' : label, stops: `0 ${done} ${done} 100` });
    node.classes(
      [nodeClasses(id, this._layout), status, isStale && 'stale', isMaybe && 'maybe', ...standing]
        .filter(Boolean)
        .join(' ')
    );
  }

  private readonly _cy: cytoscape.Core;
  private readonly _wake: () => void;
  private readonly _resized: ResizeObserver;
  private _layout: Layout = EMPTY;
  private _faces: ReadonlyMap<string, Face> = new Map();
  private _size: readonly [number, number] = [1, 1];
  private _focused = '';
  private _isMoved = false;
  private _isSightDue = false;
}

function isSame(one: Face | undefined, other: Face): boolean {
  return (
    one?.label === other.label &&
    one.status === other.status &&
    one.isStale === other.isStale &&
    one.isMaybe === other.isMaybe &&
    one.done === other.done
  );
}
