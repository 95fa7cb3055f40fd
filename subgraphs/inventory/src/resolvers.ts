import { readPage } from '@waygraph/kit/connection';
import { WaygraphError } from '@waygraph/kit/errors';
import { adjustStock } from './adjust-stock.ts';
import type { Context } from './context.ts';
import { listProducts, productList } from './list-products.ts';
import { mayManage } from './seller.ts';
import { setSellerStatus } from './set-seller-status.ts';
import { availableOf } from './stock.ts';
import type { Resolvers } from './types.generated.ts';

/** Stock has foreign keys to both, so a missing one is a bug. */
function present<Row>(row: Row | null): Row {
  if (row === null) throw new WaygraphError('INTERNAL', 'an offer without its product or seller');
  return row;
}

async function available(productId: string, { loaders }: Context): Promise<number> {
  const offers = await loaders.offers.load(productId);
  const sellers = await Promise.all(offers.map(({ sellerId }) => loaders.seller.load(sellerId)));
  return availableOf(offers.filter((_, index) => sellers[index]?.status === 'ACTIVE'));
}

export const resolvers: Resolvers = {
  Query: {
    product: (_, { id }, { loaders }) => loaders.product.load(id),
    seller: (_, { id }, { loaders }) => loaders.seller.load(id),
    products: (_, { search, category, ...page }, context) =>
      listProducts(
        context,
        { search: search?.trim() === '' ? undefined : (search ?? undefined), category: category ?? undefined },
        readPage(productList, page),
      ),
  },
  Mutation: {
    adjustStock: async (_, command, context) => {
      const { offer, position, refusals } = await adjustStock(context, context.viewer, command);
      context.forget();
      return { offer, cursor: position && context.cursorOf(position), userErrors: refusals };
    },
    setSellerStatus: async (_, command, context) => {
      const { seller, position, refusals } = await setSellerStatus(context, context.viewer, command);
      context.forget();
      return { seller, cursor: position && context.cursorOf(position), userErrors: refusals };
    },
  },
  Product: {
    __resolveReference: ({ id }, { loaders }) => loaders.product.load(id),
    price: ({ priceMinor, currency }) => ({ amountMinor: priceMinor, currency }),
    available: ({ id }, _, context) => available(id, context),
    offers: ({ id }, _, { loaders }) => loaders.offers.load(id),
  },
  Offer: {
    id: ({ offerId }) => offerId,
    product: async ({ productId }, _, { loaders }) => present(await loaders.product.load(productId)),
    seller: async ({ sellerId }, _, { loaders }) => present(await loaders.seller.load(sellerId)),
    reserved: ({ sellerId, reserved }, _, { viewer }) => (mayManage(viewer, sellerId) ? reserved : null),
    version: ({ sellerId, version }, _, { viewer }) => (mayManage(viewer, sellerId) ? version : null),
  },
  Seller: {
    __resolveReference: ({ id }, { loaders }) => loaders.seller.load(id),
    location: ({ lat, lon }) => ({ lat, lon }),
  },
};
