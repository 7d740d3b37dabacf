/** How the graph looks, in the colours of the theme: cytoscape does not read CSS, so they are looked up. */
import type { StylesheetJson } from 'cytoscape';
import { LOOKS } from '../../wire';
import { inksOf, opaque } from './colours';

/** Names on edges are not drawn smaller than this, in px. */
const LEAST_LABEL = 8;

/** The style, for the theme that holds where `element` is. */
export function styleOf(element: Element): StylesheetJson {
  const theme = getComputedStyle(element);
  const colour = (name: string): string => theme.getPropertyValue(name).trim();
  const text = opaque(element, 'var(--jp-ui-font-color1)');
  const quiet = opaque(element, 'var(--jp-ui-font-color2)');
  const ground = colour('--jp-layout-color1');
  const frame = opaque(
    element,
    'color-mix(in srgb, var(--jp-layout-color2) 50%, var(--jp-layout-color1))'
  );
  const running = inksOf(element, 'running');
  const caption = {
    width: 'data(width)',
    height: 'data(height)',
    shape: 'rectangle',
    label: 'data(label)',
    'text-valign': 'center',
    'text-halign': 'center',
    'font-family': colour('--jp-ui-font-family') || 'sans-serif',
    color: quiet,
    'background-opacity': 0
  };
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
        'font-size': 12,
        'line-height': 1.35,
        'font-family': colour('--jp-ui-font-family') || 'sans-serif',
        color: text,
        'background-color': ground,
        'border-width': 1.5,
        'border-color': quiet,
        ...layer(1)
      }
    },
    ...Object.keys(LOOKS).map(status => {
      const { ink, fill } = inksOf(element, status);
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
      style: { 'border-style': 'dashed', 'border-color': inksOf(element, 'stale').ink }
    },
    { selector: 'node.maybe', style: { 'border-style': 'dotted', 'border-width': 1.5 } },
    { selector: 'node.short', style: { 'text-wrap': 'ellipsis', 'text-max-width': 'data(room)' } },
    {
      selector: 'node.data',
      style: {
        shape: 'barrel',
        'border-color': quiet,
        'background-color': opaque(element, 'var(--jp-layout-color2)')
      }
    },
    { selector: 'node.stage', style: { 'border-style': 'double', 'border-width': 4 } },
    {
      selector: 'node.unfoldable',
      style: { 'border-style': 'double', 'border-width': 4, 'text-margin-x': 11 }
    },
    {
      // Its steps and their edges lie on it.
      selector: 'node.unfolded',
      style: {
        'background-fill': 'solid',
        'background-color': ground,
        'border-width': 2,
        'corner-radius': '8',
        ...layer(0)
      }
    },
    {
      selector: 'node.head',
      style: {
        ...caption,
        width: 1,
        height: 1,
        color: text,
        'font-size': 12,
        'text-halign': 'right',
        'text-max-width': 'data(room)',
        'text-wrap': 'ellipsis',
        events: 'no',
        ...layer(4)
      }
    },
    {
      selector: 'node.fold',
      style: {
        ...caption,
        width: 'data(size)',
        height: 'data(size)',
        color: text,
        'font-size': 14,
        ...layer(4)
      }
    },
    {
      selector: 'node.frame',
      style: {
        width: 'data(width)',
        height: 'data(height)',
        shape: 'round-rectangle',
        'background-color': frame,
        'border-width': 1,
        'border-color': colour('--jp-border-color2'),
        events: 'no',
        ...layer(0)
      }
    },
    {
      selector: 'node.title',
      style: {
        ...caption,
        'font-size': 12,
        'font-weight': 600,
        'text-max-width': 'data(width)',
        'text-wrap': 'ellipsis',
        'text-background-color': frame,
        'text-background-opacity': 1,
        'text-background-padding': '2px',
        'min-zoomed-font-size': 5,
        ...layer(4)
      }
    },
    {
      selector: 'node.label',
      style: {
        ...caption,
        'font-size': 11,
        'text-background-color': ground,
        'text-background-opacity': 1,
        'min-zoomed-font-size': LEAST_LABEL,
        events: 'no',
        ...layer(4)
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
        // Above a node's ring: it would hide the arrow's head.
        ...layer(2)
      }
    },
    { selector: 'edge.straight', style: { 'curve-style': 'straight' } },
    { selector: 'edge.observed', style: { 'line-style': 'dashed' } },
    {
      selector: 'edge.lit',
      style: {
        width: 2.4,
        'line-color': text,
        'target-arrow-color': text,
        ...layer(3)
      }
    },
    { selector: '.dimmed', style: { opacity: 0.3 } },
    {
      selector: 'node.chosen',
      style: {
        ...ring(colour('--jp-brand-color1'), 3)
      }
    },
    {
      selector: 'node.focused',
      style: {
        ...ring(text, 5)
      }
    }
  ] as StylesheetJson;
}

/** A ring of so many px behind a node: cytoscape's outline squeezes the text in it. */
function ring(colour: string, width: number): object {
  return {
    'underlay-color': colour,
    'underlay-opacity': 1,
    'underlay-padding': width,
    'underlay-shape': 'round-rectangle'
  };
}

/** Above what has a lower number, be it node or edge: a frame is a node, and edges run across it. */
function layer(number: number): object {
  return { 'z-index-compare': 'manual', 'z-index': number };
}
