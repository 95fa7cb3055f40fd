import { signSubgraphRequest, type Viewer } from '../auth.ts';

/** Asks a subgraph as the gateway would, in a viewer's name. */
export const askSubgraph =
  <Answer>(url: string, secret: string) =>
  async (viewer: Viewer | undefined, query: string, variables: Record<string, unknown> = {}): Promise<Answer> => {
    const body = JSON.stringify({ query, variables });
    const headers = { 'content-type': 'application/json', ...signSubgraphRequest(secret, { viewer, body }) };
    const response = await fetch(url, { method: 'POST', headers, body });
    return (await response.json()) as Answer;
  };
