/** What the documents of the order client ask for. */
export type Refusal = { code: string; message: string; field: string[] | null };
export type Money = { amountMinor: number };
export type Address = {
  point?: { lat: number; lon: number };
  postalCode: string;
  city: string;
  state: string;
};
export type OrderRequest = {
  lines: { productId: string; quantity: number }[];
  shipTo: Address;
  payment: 'WALLET' | 'CARD';
  couponCode?: string;
  allowPartial?: boolean;
  idempotencyKey: string;
};

export type Eta = {
  id: string;
  version: number;
  reason: string;
  expectedAt: string;
  earliestAt: string;
  latestAt: string;
  promisedAt: string | null;
  computedAt: string;
  parts: { name: string; minutes: number; explanation: string }[] | null;
};
export type Candidate = {
  sellerId: string;
  score: number;
  distanceKm: number;
  handlingMinutes: number;
  transitMinutes: number;
  delayMinutes: number;
  penaltyMinutes: number;
  evidenceOrders: number;
  explanation: string;
};
export type Delivery = {
  id: string;
  orderId: string;
  sellerId: string;
  status: string;
  handedOverAt: string | null;
  deliveredAt: string | null;
  eta: Eta;
  route: { kind: string; laneId: string; from: string; to: string; km: number; minutes: number; delayFactor: number }[];
  assignment: { attempt: number; decidedAt: string; chosen: Candidate; candidates: Candidate[] } | null;
};
export type Saga = {
  status: string;
  step: string;
  awaiting: string[];
  deadlineAt: string | null;
  steps: { name: string; state: string; attempt: number; at: string; detail: string | null }[];
};
export type Payment = {
  id: string;
  method: string;
  status: string;
  amount: Money;
  refunded: Money;
  reason: string | null;
};
export type Order = {
  id: string;
  customerId: string;
  status: string;
  version: number;
  placedAt: string;
  couponCode: string | null;
  paymentMethod: string;
  cancelReason: string | null;
  subtotal: Money;
  discount: Money;
  total: Money;
  lines: {
    lineNo: number;
    productId: string;
    name: string;
    quantity: number;
    status: string;
    sellerId: string | null;
    unitPrice: Money;
  }[];
  saga: Saga | null;
  payment: Payment | null;
  deliveries: Delivery[] | null;
  eta: Eta | null;
  risk: { level: string; action: string; predictedDelayMinutes: number } | null;
};
export type TimelineEntry = { at: string; type: string; source: string; detail: string | null; cursor: string };
export type Quote = {
  expectedAt: string | null;
  earliestAt: string | null;
  latestAt: string | null;
  promisedAt: string | null;
  locatedBy: string | null;
  candidates: Candidate[];
  lines: { productId: string; quantity: number; chosen: Candidate | null; candidates: Candidate[] }[];
  userErrors: Refusal[];
};
export type OrderFrame = {
  cursor: string;
  eventId: string;
  type: string;
  at: string;
  snapshot: boolean;
  orderId: string;
  status: string;
  version: number;
  order: { id: string; status: string; version: number; lines: { lineNo: number }[] } | null;
};
export type EtaFrame = {
  cursor: string;
  eventId: string;
  at: string;
  snapshot: boolean;
  orderId: string;
  sellerId: string | null;
  previousExpectedAt: string | null;
  eta: Eta;
  order: { id: string; status: string } | null;
};
export type LaneFrame = {
  cursor: string;
  eventId: string;
  at: string;
  snapshot: boolean;
  laneId: string;
  delayFactor: number;
  validUntil: string | null;
  lane: { id: string; delayFactor: number } | null;
};
export type OrderPayload = {
  order: Pick<Order, 'id' | 'status' | 'version' | 'total'> | null;
  cursor: string | null;
  userErrors: Refusal[];
};
export type DeliveryPayload = {
  delivery: Pick<Delivery, 'id' | 'status' | 'eta' | 'handedOverAt' | 'deliveredAt'> | null;
  cursor: string | null;
  userErrors: Refusal[];
};
export type LanePayload = {
  lane: { id: string; delayFactor: number } | null;
  cursor: string | null;
  userErrors: Refusal[];
};
export type SellerRank = {
  sellerId: string;
  rank: number;
  score: number;
  penaltyScore: number;
  penaltyMinutes: number;
  lateHandoverRate: number;
  orderCount: number;
  day: string;
  reason: string;
};
