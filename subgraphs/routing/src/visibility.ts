type Viewer = { readonly sub: string; readonly role: string } | undefined;
type Parcel = { readonly customerId: string; readonly sellerId: string };

/** Its customer, its seller, those who carry it, and operators. For anybody else it is not there. */
export const maySeeParcel = (viewer: Viewer, parcel: Parcel): boolean =>
  viewer?.role === 'carrier' || mayFollowParcel(viewer, parcel);

/** Whose business its arrival is: carriers see the parcels they ask for, but follow none. */
export const mayFollowParcel = (viewer: Viewer, { customerId, sellerId }: Parcel): boolean =>
  viewer?.role === 'operator' ||
  (viewer?.role === 'customer' && viewer.sub === customerId) ||
  (viewer?.role === 'seller' && viewer.sub === sellerId);

/** All that a seller sends: its own and the operators' business. */
export const maySeeParcelsOf = (viewer: Viewer, sellerId: string): boolean =>
  viewer?.role === 'operator' || (viewer?.role === 'seller' && viewer.sub === sellerId);
