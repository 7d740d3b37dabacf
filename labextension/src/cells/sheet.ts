/** A sheet beside something in a notebook: a glance while the pointer or the focus is there, or held until it is closed. */
import { PanelLayout, Widget } from '@lumino/widgets';

const GRACE_MILLISECONDS = 250;
const GAP = 2;
const MARGIN = 8;
const NARROWEST = 420;
const WIDEST = 760;

/** The sheet; there is at most one. */
export class Sheet extends Widget {
  private constructor(
    private readonly _anchor: HTMLElement,
    private readonly _title: string,
    private readonly _isGlance: boolean
  ) {
    super();
    this.addClass('jp-pipes-sheet');
    this.node.tabIndex = -1;
    this.node.dataset.lmSuppressShortcuts = 'true';
    this.node.setAttribute('role', _isGlance ? 'tooltip' : 'dialog');
    this.node.setAttribute('aria-label', _title);
  }

  /**
   * Open a sheet, in place of the one that is open.
   *
   * @param anchor what it is about
   * @param title its heading
   * @param content what it shows, once it is there; why it cannot be shown, in words, if it fails
   * @param isGlance whether it goes when the pointer or the focus does
   */
  static open(
    anchor: HTMLElement,
    title: string,
    content: Promise<HTMLElement | Widget>,
    isGlance: boolean
  ): void {
    Sheet._shown?.dispose();
    const sheet = new Sheet(anchor, title, isGlance);
    Sheet._shown = sheet;
    content.catch(failed).then(
      shown => {
        sheet._fill(shown instanceof Widget ? shown : new Widget({ node: shown }));
      },
      () => undefined
    );
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    clearTimeout(this._leaving);
    document.removeEventListener('pointerdown', this._onElsewhere, true);
    document.removeEventListener('scroll', this._onScroll, true);
    window.removeEventListener('resize', this._onResize);
    document.removeEventListener('keydown', this._onKeyDown, true);
    this._anchor.removeEventListener('pointerleave', this._onLeave);
    this._anchor.removeEventListener('focusout', this._onLeave);
    const hadFocus = this.node.contains(document.activeElement);
    super.dispose();
    if (hadFocus) {
      (this._before?.isConnected ? this._before : this._anchor).focus();
    }
  }

  private _fill(content: Widget): void {
    if (this.isDisposed || !this._anchor.isConnected) {
      content.dispose();
      return;
    }
    const heading = document.createElement('h2');
    heading.textContent = this._title;
    const layout = new PanelLayout();
    layout.addWidget(new Widget({ node: heading }));
    layout.addWidget(content);
    this.layout = layout;
    Widget.attach(this, document.body);
    this._place();
    document.addEventListener('pointerdown', this._onElsewhere, true);
    document.addEventListener('scroll', this._onScroll, true);
    window.addEventListener('resize', this._onResize);
    document.addEventListener('keydown', this._onKeyDown, true);
    if (this._isGlance) {
      this._anchor.addEventListener('pointerleave', this._onLeave);
      this._anchor.addEventListener('focusout', this._onLeave);
      this.node.addEventListener('pointerleave', this._onLeave);
      this.node.addEventListener('pointerenter', () => {
        clearTimeout(this._leaving);
      });
    } else {
      this._before = document.activeElement as HTMLElement | null;
      this.node.focus();
    }
  }

  /** Put it below what it is about, or above where there is more room. */
  private _place(): void {
    const { left, top, bottom, width } = this._anchor.getBoundingClientRect();
    const style = this.node.style;
    const below = window.innerHeight - bottom;
    const wide = Math.min(Math.max(width, NARROWEST), WIDEST, window.innerWidth - 2 * MARGIN);
    style.left = `${Math.max(Math.min(left, window.innerWidth - wide - MARGIN), MARGIN)}px`;
    style.width = `${wide}px`;
    style.top = style.bottom = style.maxHeight = '';
    if (below >= top || below >= this.node.offsetHeight + GAP) {
      style.top = `${bottom + GAP}px`;
      style.maxHeight = `${below - 4 * GAP}px`;
    } else {
      style.bottom = `${window.innerHeight - top + GAP}px`;
      style.maxHeight = `${top - 4 * GAP}px`;
    }
  }

  private readonly _onElsewhere = (event: Event): void => {
    if (!this.node.contains(event.target as Node)) {
      this.dispose();
    }
  };

  /** Go with what it is about, as long as that is in view: a cell that is revealed still scrolls a while. */
  private readonly _onScroll = (event: Event): void => {
    const scrolled = event.target as Node;
    if (this.node.contains(scrolled)) {
      return;
    }
    if (this._isGlance || !isInView(this._anchor, scrolled)) {
      this.dispose();
    } else {
      this._place();
    }
  };

  private readonly _onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      if (this.node.contains(document.activeElement)) {
        event.stopPropagation();
      }
      this.dispose();
    }
  };

  private readonly _onResize = (): void => {
    this.dispose();
  };

  private readonly _onLeave = (): void => {
    clearTimeout(this._leaving);
    this._leaving = window.setTimeout(() => {
      this.dispose();
    }, GRACE_MILLISECONDS);
  };

  private _before: HTMLElement | null = null;
  private _leaving: number | undefined;
  private static _shown: Sheet | null = null;
}

/** Whether something can be seen, at least in part, in what was scrolled. */
function isInView(anchor: HTMLElement, scrolled: Node): boolean {
  if (!anchor.isConnected) {
    return false;
  }
  const { top, bottom } = anchor.getBoundingClientRect();
  const isInside = scrolled instanceof Element && scrolled.contains(anchor);
  const view = isInside ? scrolled.getBoundingClientRect() : { top: 0, bottom: window.innerHeight };
  return bottom > view.top && top < view.bottom;
}

function failed(error: unknown): HTMLElement {
  const words = document.createElement('p');
  words.textContent = error instanceof Error ? error.message : String(error);
  return words;
}
