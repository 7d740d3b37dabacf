/** What the Jupyter server keeps of a notebook's last run: asked while no kernel tells more. */
import { ServerConnection } from '@jupyterlab/services';
import { KEPT_BOARDS, KEPT_GRAPH } from './wire';
import type { ArrangeGraph, BoardShown, Layout } from './wire';

/** The boards of the last runs of a notebook's pipelines; null where the server tells none. */
export function keptBoards(path: string): Promise<readonly BoardShown[] | null> {
  return answer<readonly BoardShown[]>(KEPT_BOARDS, { path });
}

/** Where the nodes of the board of a pipeline stand; null where the server tells none. */
export function keptGraph(
  path: string,
  pipeline: string,
  request: ArrangeGraph
): Promise<Layout | null> {
  return answer<Layout>(KEPT_GRAPH, { path, pipeline, request: JSON.stringify(request) });
}

async function answer<T>(address: string, query: Record<string, string>): Promise<T | null> {
  const settings = ServerConnection.makeSettings();
  const url = `${new URL(address, settings.baseUrl).href}?${new URLSearchParams(query).toString()}`;
  try {
    const response = await ServerConnection.makeRequest(url, {}, settings);
    // What it does not tell, the kernel does: the extension of the server may be off, or of another version.
    return response.status === 200 ? ((await response.json()) as T) : null;
  } catch (error) {
    if (error instanceof ServerConnection.NetworkError) {
      return null;
    }
    throw error;
  }
}
