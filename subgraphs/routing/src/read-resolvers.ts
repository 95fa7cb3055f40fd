import { connection, readPage } from '@waygraph/kit/connection';
import { badUserInput } from '@waygraph/kit/graphql-errors';
import { isDay } from './business-day.ts';
import { listLanes } from './lane-statistics.ts';
import { listSellerRanking } from './list-seller-ranking.ts';
import { quoteDelivery } from './quote-delivery.ts';
import type { Resolvers } from './types.generated.ts';

/** What is answered from the read database alone. */
export const readResolvers = {
  Query: {
    quoteDelivery: (_, request, { read, locate, roadKm, factorOf, viewer }) =>
      quoteDelivery({ read, locate, roadKm, factorOf, viewer, now: new Date() }, request),
    lane: (_, { id }, { readLoaders }) => readLoaders.lane.load(id),
    lanes: async (_, args, { read }) => {
      const page = readPage('lanes', args);
      const options = { key: ({ id }: { id: string }) => id, hasPrevious: page.after !== undefined };
      return connection('lanes', await listLanes(read, page), page, options);
    },
    sellerRanking: async (_, { day, ...args }, { read }) => {
      if (day !== undefined && day !== null && !isDay(day))
        throw badUserInput('day: expected a day like 2026-11-21', 'day');
      const page = readPage('ranking', args);
      if (page.after !== undefined && !/^\d{1,9}$/.test(page.after))
        throw badUserInput('after: expected a cursor of this list', 'after');
      const options = { key: ({ rank }: { rank: number }) => String(rank), hasPrevious: page.after !== undefined };
      return connection('ranking', await listSellerRanking(read, day ?? undefined, page), page, options);
    },
  },
  Lane: { __resolveReference: ({ id }, { readLoaders }) => readLoaders.lane.load(id) },
  Candidate: { seller: ({ sellerId }) => ({ id: sellerId }) },
  SellerRank: { seller: ({ sellerId }) => ({ id: sellerId }) },
  Seller: {
    __resolveReference: ({ id }) => ({ id }),
    ranking: ({ id }, _, { readLoaders }) => readLoaders.ranking.load(id),
  },
} satisfies Resolvers;
