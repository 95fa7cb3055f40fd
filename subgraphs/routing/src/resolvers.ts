import { connection, readPage } from '@waygraph/kit/connection';
import { badUserInput } from '@waygraph/kit/graphql-errors';
import { dateTime } from '@waygraph/kit/scalars';
import type { Assignment } from './assignment.ts';
import type { ParcelResult } from './change-parcel.ts';
import { confirmDelivery } from './confirm-delivery.ts';
import { confirmHandover } from './confirm-handover.ts';
import type { Context } from './context.ts';
import type { Delivery, Eta } from './delivery.ts';
import { legsOf } from './eta.ts';
import { allLaneFactors } from './lane-factors.ts';
import { readRoutes } from './load-route.ts';
import { isUuid } from './loaders.ts';
import { etaRecordsOf, laneRecordsOf } from './log-records.ts';
import { lastOpenEta } from './order-route.ts';
import { readResolvers } from './read-resolvers.ts';
import { reassignDelivery } from './reassign-delivery.ts';
import { recordScan } from './record-scan.ts';
import { rejectAssignment } from './reject-assignment.ts';
import { reportLost } from './report-lost.ts';
import { requestRanking } from './request-ranking.ts';
import { setDelayFactor } from './set-delay-factor.ts';
import type { Resolvers } from './types.generated.ts';
import { mayFollowParcel, maySeeParcel, maySeeParcelsOf } from './visibility.ts';

const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/** Those of an order's parcels that the viewer may see; none of an order that is not known here. */
const parcelsOf = async (orderId: string, { viewer, loaders }: Context): Promise<Delivery[]> =>
  (await loaders.deliveries.load(orderId)).filter(delivery => maySeeParcel(viewer, delivery));

const parcel = async ({ orderId, sellerId }: { orderId: string; sellerId: string }, context: Context) =>
  (await parcelsOf(orderId, context)).find(delivery => delivery.sellerId === sellerId) ?? null;

/** Sellers see their own candidacy only, carriers none. */
async function assignmentOf(delivery: Delivery, { viewer, loaders }: Context): Promise<Assignment | null> {
  if (!mayFollowParcel(viewer, delivery)) return null;
  const assignment = await loaders.assignment.load(delivery.id);
  if (assignment === null || viewer?.role !== 'seller') return assignment;
  return { ...assignment, candidates: assignment.candidates.filter(({ sellerId }) => sellerId === viewer.sub) };
}

function parcelPayload({ delivery, position, refusals }: ParcelResult, context: Context) {
  context.forget();
  return { delivery, cursor: position && context.cursorOf(position), userErrors: refusals };
}

const deliveryList = 'deliveries';
const etaList = 'etas';

const own: Resolvers = {
  DateTime: dateTime,
  Query: {
    delivery: (_, key, context) => parcel(key, context),
    etaRecords: async (_, { orderId }, { viewer, sql, loaders }) => {
      const seen = (await loaders.deliveries.load(orderId)).filter(delivery => mayFollowParcel(viewer, delivery));
      const [route] = seen.length === 0 ? [] : await readRoutes(sql, [orderId]);
      return route === undefined ? [] : etaRecordsOf(route, seen);
    },
    laneRecords: async (_, { laneIds }, { sql }) => {
      const lanes = await allLaneFactors(sql);
      return laneRecordsOf(laneIds ? lanes.filter(({ laneId }) => laneIds.includes(laneId)) : lanes);
    },
  },
  Mutation: {
    confirmHandover: async (_, command, context) =>
      parcelPayload(await confirmHandover(context, context.viewer, command), context),
    recordScan: async (_, command, context) =>
      parcelPayload(await recordScan(context, context.viewer, command), context),
    confirmDelivery: async (_, command, context) =>
      parcelPayload(await confirmDelivery(context, context.viewer, command), context),
    rejectAssignment: async (_, command, context) =>
      parcelPayload(await rejectAssignment(context, context.viewer, command), context),
    reportLost: async (_, command, context) =>
      parcelPayload(await reportLost(context, context.viewer, command), context),
    reassignDelivery: async (_, command, context) =>
      parcelPayload(await reassignDelivery(context, context.viewer, command), context),
    setDelayFactor: async (_, command, context) => {
      const { laneId, position, refusals } = await setDelayFactor(context, context.viewer, command);
      context.forget();
      const lane = laneId === null ? null : await context.readLoaders.lane.load(laneId);
      return { lane, cursor: position && context.cursorOf(position), userErrors: refusals };
    },
    runSellerRanking: async (_, { day }, context) => {
      const { jobId, refusals } = await requestRanking(context, context.viewer, day ?? undefined);
      return { jobId, userErrors: refusals };
    },
  },
  Order: {
    __resolveReference: ({ id }) => ({ id }),
    deliveries: ({ id }, _, context) => parcelsOf(id, context),
    eta: async ({ id }, _, context) => lastOpenEta(await parcelsOf(id, context))?.eta ?? null,
  },
  Seller: {
    deliveries: async ({ id }, { status, ...args }, { viewer, loaders }) => {
      const page = readPage(deliveryList, args);
      if (page.after !== undefined && !isUuid(page.after))
        throw badUserInput('after: expected a cursor of this list', 'after');
      const rows = maySeeParcelsOf(viewer, id)
        ? await loaders.sellerPage.load({
            ...{ sellerId: id, first: page.first, before: page.after ?? null, status: status ?? null },
          })
        : [];
      return connection(deliveryList, rows, page, { key: row => row.id, hasPrevious: page.after !== undefined });
    },
  },
  Delivery: {
    __resolveReference: (key, context) => parcel(key, context),
    order: ({ orderId }) => ({ id: orderId }),
    seller: ({ sellerId }) => ({ id: sellerId }),
    handedOverAt: ({ handedOverAt }) => date(handedOverAt),
    deliveredAt: ({ deliveredAt }) => date(deliveredAt),
    etaHistory: async ({ id }, args, { loaders }) => {
      const page = readPage(etaList, args);
      const before = page.after === undefined ? null : Number(page.after);
      if (before !== null && !(Number.isInteger(before) && before > 0 && before < 2 ** 31))
        throw badUserInput('after: expected a cursor of this list', 'after');
      const rows = await loaders.etaPage.load({ deliveryId: id, first: page.first, before });
      return connection(etaList, rows, page, { key: row => String(row.version), hasPrevious: before !== null });
    },
    route: ({ progress }) => legsOf(progress),
    assignment: (delivery, _, context) => assignmentOf(delivery, context),
  },
  Eta: {
    __resolveReference: async ({ id }, { viewer, loaders }): Promise<Eta | null> => {
      const told = await loaders.eta.load(id);
      return told !== null && maySeeParcel(viewer, told) ? told.eta : null;
    },
    expectedAt: ({ expectedAt }) => new Date(expectedAt),
    earliestAt: ({ earliestAt }) => new Date(earliestAt),
    latestAt: ({ latestAt }) => new Date(latestAt),
    promisedAt: ({ promisedAt }) => date(promisedAt),
    computedAt: ({ computedAt }) => new Date(computedAt),
    parts: ({ parts }) => [...parts],
  },
  Leg: {
    lane: ({ laneId }, _, { readLoaders }) => readLoaders.lane.load(laneId),
  },
  Assignment: {
    decidedAt: ({ decidedAt }) => new Date(decidedAt),
    candidates: ({ candidates }) => [...candidates],
  },
  Lane: {
    // From PostgreSQL, so that whoever has just set it sees it.
    delayFactor: async ({ id }, _, { loaders }) => (await loaders.laneFactor.load(id))?.factor ?? 1,
    updatedAt: async ({ id, updatedAt }, _, { loaders }) =>
      new Date(Math.max(updatedAt.getTime(), (await loaders.laneFactor.load(id))?.updatedAt ?? 0)),
  },
};

/** What is read only is told by read-resolvers.ts; of what both tell, this file has the last word. */
export const resolvers: Resolvers = {
  ...readResolvers,
  ...own,
  Query: { ...readResolvers.Query, ...own.Query },
  Seller: { ...readResolvers.Seller, ...own.Seller },
  Lane: { ...readResolvers.Lane, ...own.Lane },
};
