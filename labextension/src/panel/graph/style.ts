/** How the graph looks, in the colours of the theme: cytoscape does not read CSS, so they are looked up. */
import type { StylesheetJson } from 'cytoscape';
import { LOOKS } from '../../wire';

/** The style, for the theme that holds where `element` is. */
export function styleOf(element: Element): StylesheetJson {
  const theme = getComputedStyle(element);
  const colour = (name: string): string => theme.getPropertyValue(name).trim();
  const text = colour('--jp-ui-font-color1');
  const quiet = colour('--jp-ui-font-color2');
  const ground = colour('--jp-layout-color1');
  const running = inks(element, 'running');
  return [
    {
      selector: 'node.step',
      style: {
        width: 'data(width)',
        height: 'data(height)',
        shape: 'round-rectangle',
        'corner-radius': '6',
        label: 'data(label)',
        'text-wrap': 'wrap',
        'text-valign': 'center',
        'text-halign': 'center',
        'text-max-width': '210px',
        'font-size': 12,
        'line-height': 1.35,
        'font-family': colour('--jp-ui-font-family') || 'sans-serif',
        color: text,
        'background-color': ground,
        'border-width': 1.5,
        'border-color': quiet,
        ...layer(3)
      }
    },
    ...Object.keys(LOOKS).map(status => {
      const { ink, fill } = inks(element, status);
      return {
        selector: `node.${status}`,
        style: { 'border-color': ink, 'background-color': fill }
      };
    }),
    {
      selector: 'node.running',
      style: {
        'background-fill': 'linear-gradient',
        'background-gradient-direction': 'to-right',
        'background-gradient-stop-colors': [
          running.done,
          running.done,
          running.fill,
          running.fill
        ].join(' '),
        'background-gradient-stop-positions': 'data(stops)',
        'border-width': 2.5
      }
    },
    {
      selector: 'node.stale',
      style: { 'border-style': 'dashed', 'border-color': inks(element, 'stale').ink }
    },
    { selector: 'node.stage', style: { 'border-style': 'double', 'border-width': 4 } },
    {
      selector: 'node.frame',
      style: {
        width: 'data(width)',
        height: 'data(height)',
        shape: 'round-rectangle',
        label: 'data(label)',
        'text-valign': 'top',
        'text-margin-y': 20,
        'font-size': 12,
        color: quiet,
        'background-color': colour('--jp-layout-color2'),
        'background-opacity': 0.5,
        'border-width': 1,
        'border-color': colour('--jp-border-color2'),
        events: 'no',
        ...layer(0)
      }
    },
    {
      selector: 'edge',
      style: {
        width: 1.4,
        'line-color': quiet,
        'target-arrow-color': quiet,
        'target-arrow-shape': 'triangle',
        'arrow-scale': 0.8,
        'curve-style': 'round-segments',
        'segment-radii': [14],
        'segment-weights': 'data(weights)' as unknown as number[],
        'segment-distances': 'data(distances)' as unknown as number[],
        'edge-distances': 'endpoints',
        'source-endpoint': 'data(from)',
        'target-endpoint': 'data(to)',
        label: 'data(label)',
        'font-size': 10,
        color: quiet,
        'text-background-color': ground,
        'text-background-opacity': 0.9,
        'text-background-padding': '2px',
        'min-zoomed-font-size': 7,
        ...layer(1)
      }
    },
    { selector: 'edge.observed', style: { 'line-style': 'dashed' } },
    {
      selector: 'edge.lit',
      style: {
        width: 2.4,
        'line-color': text,
        'target-arrow-color': text,
        color: text,
        ...layer(2)
      }
    },
    { selector: '.dimmed', style: { opacity: 0.35 } },
    {
      selector: 'node.chosen',
      style: {
        'outline-width': 3,
        'outline-color': colour('--jp-brand-color1'),
        'outline-offset': 2
      }
    }
  ] as StylesheetJson;
}

/** Above what has a lower number, be it node or edge: a frame is a node, and edges run across it. */
function layer(number: number): object {
  return { 'z-index-compare': 'manual', 'z-index': number };
}

interface Inks {
  readonly ink: string;
  readonly fill: string;
  /** The ground of what is done already. */
  readonly done: string;
}

/** The colours of a status: they stand in CSS, by theme; cytoscape wants them without `var` and `color-mix`. */
function inks(element: Element, status: string): Inks {
  const probe = document.createElement('span');
  probe.dataset.jupyterPipesStatus = status;
  element.append(probe);
  const resolved = (colour: string): string => {
    probe.style.color = colour;
    return asRgb(getComputedStyle(probe).color);
  };
  const colours = {
    ink: resolved('var(--jupyter-pipes-ink)'),
    fill: resolved('var(--jupyter-pipes-fill)'),
    done: resolved('color-mix(in srgb, var(--jupyter-pipes-ink) 25%, var(--jupyter-pipes-fill))')
  };
  probe.remove();
  return colours;
}

/** `color(srgb 0.5 0 1)`, as browsers compute mixtures, as cytoscape reads it. */
function asRgb(colour: string): string {
  const shares = /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)/.exec(colour);
  return shares
    ? `rgb(${shares
        .slice(1, 4)
        .map(share => Math.round(Number(share) * 255))
        .join(',')})`
    : colour.replaceAll(' ', '');
}
