import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DocumentNode } from 'graphql';
import { subgraphDocument, type SdlFile } from '../sdl.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

async function sdlFile(name: string): Promise<SdlFile> {
  const path = fileURLToPath(new URL(`../subgraphs/${name}.graphql`, import.meta.url));
  return { path: relative(root, path), text: await readFile(path, 'utf8') };
}

/** The whole schema of a subgraph, its nodes carrying paths relative to the repository. */
export async function readSubgraph(name: string): Promise<DocumentNode> {
  const [own, shared] = await Promise.all([sdlFile(name), sdlFile('shared')]);
  return subgraphDocument(own, shared);
}
