import type { Catalogue } from '../load-catalogue.ts';

/** Sellers, products and an offer of each by each, under ids that no other test has. */
export function someCatalogue(prefix: string, { sellers = 1, products = 1, available = 10 } = {}): Catalogue {
  const sellerIds = Array.from({ length: sellers }, (_, index) => `${prefix}-s${String(index).padStart(3, '0')}`);
  const productIds = Array.from({ length: products }, (_, index) => `${prefix}-p${String(index).padStart(3, '0')}`);
  return {
    sellers: sellerIds.map(id => ({
      id,
      name: `Loja ${id}`,
      city: 'Porto Alegre',
      state: 'RS',
      lat: -30.03,
      lon: -51.22,
    })),
    products: productIds.map(id => ({ id, name: `Cafeteira ${id}`, category: prefix, priceMinor: 12_990 })),
    offers: productIds.flatMap(productId =>
      sellerIds.map(sellerId => ({ id: `${productId}.${sellerId.slice(-4)}`, productId, sellerId, available })),
    ),
  };
}
