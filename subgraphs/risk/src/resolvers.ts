import { dateTime } from '@waygraph/kit/scalars';
import type { Resolvers } from './types.generated.ts';

export const resolvers: Resolvers = {
  DateTime: dateTime,
  Order: {
    risk: ({ id }, _, { risks }) => risks.load(id),
  },
};
