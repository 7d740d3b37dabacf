/** Colours of the theme as canvases read them: they know neither `var` nor `color-mix`, and lines lie over each other. */

/** The colours of a status. */
export interface Inks {
  readonly ink: string;
  readonly fill: string;
  /** The ground of what is done already. */
  readonly done: string;
}

/** The colours of a status, or of `stale`, in the theme that holds where `element` is. */
export function inksOf(element: Element, status: string): Inks {
  return probed(element, status, resolved => ({
    ink: resolved('var(--jupyter-pipes-ink)'),
    fill: resolved('var(--jupyter-pipes-fill)'),
    done: resolved('color-mix(in srgb, var(--jupyter-pipes-ink) 25%, var(--jupyter-pipes-fill))')
  }));
}

/** A colour of CSS, opaque: as it looks on the ground of the page. */
export function opaque(element: Element, colour: string): string {
  return probed(element, '', resolved => {
    const ground = shares(resolved('var(--jp-layout-color1)'));
    const [red, green, blue, alpha = 1] = shares(resolved(colour));
    const mixed = [red, green, blue].map((share = 0, index) =>
      Math.round(alpha * share + (1 - alpha) * (ground[index] ?? 255))
    );
    return `rgb(${mixed.join(',')})`;
  });
}

function probed<T>(element: Element, status: string, read: (resolved: Resolve) => T): T {
  const probe = document.createElement('span');
  probe.dataset.jupyterPipesStatus = status;
  element.append(probe);
  const colours = read(colour => {
    probe.style.color = colour;
    return asRgb(getComputedStyle(probe).color);
  });
  probe.remove();
  return colours;
}

type Resolve = (colour: string) => string;

/** `color(srgb 0.5 0 1 / 0.3)`, as browsers compute mixtures, as `rgba(128,0,255,0.3)`. */
export function asRgb(colour: string): string {
  if (!colour.startsWith('color(srgb ')) {
    return colour.replaceAll(' ', '');
  }
  const [red = 0, green = 0, blue = 0, alpha = 1] = shares(colour.slice('color(srgb '.length));
  const parts = [red, green, blue].map(share => Math.round(share * 255));
  return alpha < 1 ? `rgba(${[...parts, alpha].join(',')})` : `rgb(${parts.join(',')})`;
}

function shares(colour: string): number[] {
  return (colour.match(/[\d.]+/g) ?? []).map(Number);
}
