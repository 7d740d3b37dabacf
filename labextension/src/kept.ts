/** What the Jupyter server keeps of a notebook's last run: asked while no kernel tells more. */
import { ServerConnection } from '@jupyterlab/services';
import { KEPT_BOARD, KEPT_GRAPH } from './wire';
import type { ArrangeGraph, BoardShown, Layout } from './wire';

/** The board of the last run; null where the server tells none. */
export function keptBoard(path: string): Promise<BoardShown | null> {
  return answer<BoardShown>(KEPT_BOARD, { path });
}

/** Where the nodes of that board stand; null where the server tells none. */
export function keptGraph(path: string, request: ArrangeGraph): Promise<Layout | null> {
  return answer<Layout>(KEPT_GRAPH, { path, request: JSON.stringify(request) });
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
