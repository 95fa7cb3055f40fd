import DataLoader from 'dataloader';
import type { Viewer } from '@waygraph/kit/auth';
import type { Sql } from '@waygraph/kit/database';
import { readRisks } from './read-risks.ts';
import type { Risk } from './types.generated.ts';

/** What the resolvers of one request share. */
export type Context = {
  readonly viewer: Viewer | undefined;
  /** By order id, as far as the viewer may see them. */
  readonly risks: DataLoader<string, Risk | null>;
};

export const createContextFactory =
  ({ sql }: { sql: Sql }) =>
  (viewer: Viewer | undefined): Context => ({
    viewer,
    risks: new DataLoader(ids => readRisks(sql, viewer, ids)),
  });
