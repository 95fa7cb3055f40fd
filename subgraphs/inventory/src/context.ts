import type { EntityManager } from '@mikro-orm/postgresql';
import type { Viewer } from '@waygraph/kit/auth';
import { mutationCursor, type LogPosition } from '@waygraph/kit/cursor';
import type { Sql } from '@waygraph/kit/database';
import { createLoaders, type Loaders } from './loaders.ts';

/** What the resolvers of one request share. */
export type Context = {
  readonly viewer: Viewer | undefined;
  readonly em: EntityManager;
  /** The read database. */
  readonly read: Sql;
  readonly loaders: Loaders;
  /** What the request has read so far is out of date after a mutation of it. */
  forget(): void;
  cursorOf(position: LogPosition): string;
};

export function createContextFactory(deps: { em: EntityManager; read: Sql; cursorSecret: string }) {
  return (viewer: Viewer | undefined): Context => {
    const em = deps.em.fork();
    const loaders = createLoaders(em);
    return {
      viewer,
      em,
      read: deps.read,
      loaders,
      forget: () => {
        for (const loader of Object.values(loaders)) loader.clearAll();
        em.clear();
      },
      cursorOf: position => mutationCursor(position, viewer, deps.cursorSecret),
    };
  };
}
