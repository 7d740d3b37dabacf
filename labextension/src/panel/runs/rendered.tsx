/** What a step displayed and printed, drawn by Lab's own renderers: as in any output, without trusting it. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { JSX } from 'react';
import { useEffect, useRef } from 'react';

type Rendering = NotebookPanel['content']['rendermime'];

/** A MIME bundle. */
export function Rendered({
  bundle,
  rendering
}: {
  readonly bundle: Readonly<Record<string, unknown>>;
  readonly rendering: Rendering;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const text = JSON.stringify(bundle);
  useEffect(() => {
    const data = JSON.parse(text) as Record<string, string>;
    const model = rendering.createModel({ data, trusted: false });
    const type = rendering.preferredMimeType(model.data);
    if (!type || !place.current) {
      return undefined;
    }
    const renderer = rendering.createRenderer(type);
    place.current.replaceChildren(renderer.node);
    void renderer.renderModel(model);
    return () => {
      renderer.dispose();
    };
  }, [text, rendering]);
  return <div ref={place} className="jp-pipes-rendered jp-RenderedHTMLCommon" />;
}

/** Text as a terminal shows it, with its colours. */
export function Printed({
  text,
  rendering
}: {
  readonly text: string;
  readonly rendering: Rendering;
}): JSX.Element {
  return (
    <div className="jp-pipes-printed">
      <Rendered bundle={{ 'application/vnd.jupyter.stdout': text }} rendering={rendering} />
    </div>
  );
}
