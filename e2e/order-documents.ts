const money = '{ amountMinor }';
const refusals = 'userErrors { code message field }';
const eta =
  '{ id version reason expectedAt earliestAt latestAt promisedAt computedAt parts { name minutes explanation } }';
const candidate = `{ sellerId score distanceKm handlingMinutes transitMinutes delayMinutes penaltyMinutes evidenceOrders explanation }`;
const delivery = `{
  id orderId sellerId status handedOverAt deliveredAt eta ${eta}
  route { kind laneId from to km minutes delayFactor }
  assignment { attempt decidedAt chosen ${candidate} candidates ${candidate} }
}`;
const order = `{
  id customerId status version placedAt couponCode paymentMethod cancelReason
  subtotal ${money} discount ${money} total ${money}
  lines { lineNo productId name quantity status sellerId unitPrice ${money} }
  saga { status step awaiting deadlineAt steps { name state attempt at detail } }
  payment { id method status reason amount ${money} refunded ${money} }
  deliveries ${delivery}
  eta ${eta}
  risk { level action predictedDelayMinutes }
}`;
const changed = `{ delivery { id status handedOverAt deliveredAt eta ${eta} } cursor ${refusals} }`;
const orderFrame =
  '{ cursor eventId type at snapshot orderId status version order { id status version lines { lineNo } } }';

/** Everything a shop, a seller, a carrier and an operator ask on an order's way. */
export const documents = {
  placeOrder: `mutation PlaceOrder($input: PlaceOrderInput!) {
    placeOrder(input: $input) { order { id status version total ${money} } cursor ${refusals} } }`,
  order: `query Order($id: ID!) { order(id: $id) ${order} }`,
  orderStatus: `query OrderStatus($id: ID!) { order(id: $id) { id status version saga { status } deliveries { sellerId status } } }`,
  orders: `query Orders($customerId: ID, $first: Int!, $after: String, $status: [OrderStatus!]) {
    orders(customerId: $customerId, first: $first, after: $after, status: $status) {
      nodes { id customerId status total ${money} lines { productId quantity status sellerId } saga { status } }
      pageInfo { hasNextPage endCursor } } }`,
  timeline: `query Timeline($id: ID!, $first: Int!) {
    order(id: $id) { timeline(first: $first) { nodes { at type source detail cursor } } } }`,
  quote: `query Quote($lines: [PlaceOrderLineInput!]!, $shipTo: AddressInput!) {
    quoteDelivery(lines: $lines, shipTo: $shipTo) {
      expectedAt earliestAt latestAt promisedAt locatedBy candidates ${candidate}
      lines { productId quantity chosen ${candidate} candidates ${candidate} } ${refusals} } }`,
  delivery: `query Delivery($orderId: ID!, $sellerId: ID!) { delivery(orderId: $orderId, sellerId: $sellerId) ${delivery} }`,
  confirmHandover: `mutation HandOver($orderId: ID!, $sellerId: ID!, $at: DateTime) {
    confirmHandover(orderId: $orderId, sellerId: $sellerId, at: $at) ${changed} }`,
  recordScan: `mutation Scan($orderId: ID!, $sellerId: ID!, $hub: String!, $kind: ScanKind!, $at: DateTime, $idempotencyKey: String!) {
    recordScan(orderId: $orderId, sellerId: $sellerId, hub: $hub, kind: $kind, at: $at, idempotencyKey: $idempotencyKey) ${changed} }`,
  cancelOrder: `mutation Cancel($id: ID!, $reason: String) {
    cancelOrder(id: $id, reason: $reason) { order { id status version total ${money} } cursor ${refusals} } }`,
  stuckSagas: `query Stuck($first: Int!, $after: String) {
    stuckSagas(first: $first, after: $after) { nodes { id saga { status } } pageInfo { hasNextPage endCursor } } }`,
  resumeSaga: `mutation Resume($orderId: ID!, $step: String!, $note: String!) {
    resumeSaga(orderId: $orderId, step: $step, note: $note) {
      order { id status version total ${money} saga { status } } cursor ${refusals} } }`,
  closeSaga: `mutation Close($orderId: ID!, $step: String!, $resolution: SagaResolution!, $note: String!) {
    closeSaga(orderId: $orderId, step: $step, resolution: $resolution, note: $note) {
      order { id status version total ${money} saga { status } } cursor ${refusals} } }`,
  rejectAssignment: `mutation Reject($orderId: ID!, $sellerId: ID!, $reason: String!) {
    rejectAssignment(orderId: $orderId, sellerId: $sellerId, reason: $reason) ${changed} }`,
  reassignDelivery: `mutation Reassign($orderId: ID!, $sellerId: ID!, $reason: String!) {
    reassignDelivery(orderId: $orderId, sellerId: $sellerId, reason: $reason) ${changed} }`,
  reportLost: `mutation Lose($orderId: ID!, $sellerId: ID!, $reason: String!) {
    reportLost(orderId: $orderId, sellerId: $sellerId, reason: $reason) ${changed} }`,
  confirmDelivery: `mutation Deliver($orderId: ID!, $sellerId: ID!, $at: DateTime) {
    confirmDelivery(orderId: $orderId, sellerId: $sellerId, at: $at) ${changed} }`,
  setDelayFactor: `mutation Jam($laneId: ID!, $factor: Float!, $ttlMinutes: Int!) {
    setDelayFactor(laneId: $laneId, factor: $factor, ttlMinutes: $ttlMinutes) { lane { id delayFactor } cursor ${refusals} } }`,
  runSellerRanking: `mutation Rank($day: Date) { runSellerRanking(day: $day) { jobId ${refusals} } }`,
  sellerRanking: `query Ranking($day: Date, $first: Int!, $after: String) {
    sellerRanking(day: $day, first: $first, after: $after) {
      nodes { sellerId rank score penaltyScore penaltyMinutes lateHandoverRate orderCount day reason }
      pageInfo { hasNextPage endCursor } } }`,
  topUpWallet: `mutation TopUp($customerId: ID!, $amountMinor: Int!, $idempotencyKey: String!) {
    topUpWallet(customerId: $customerId, amountMinor: $amountMinor, idempotencyKey: $idempotencyKey) {
      wallet { balance ${money} } ${refusals} } }`,
  wallet: `query Wallet($customerId: ID) { wallet(customerId: $customerId) {
    balance ${money} entries(first: 100) { nodes { kind orderId amount ${money} } } } }`,
  createCoupon: `mutation Coupon($code: String!, $percentOff: Int, $amountOffMinor: Int, $quota: Int!) {
    createCoupon(code: $code, percentOff: $percentOff, amountOffMinor: $amountOffMinor, quota: $quota) { code ${refusals} } }`,
  orderChanged: `subscription OrderChanged($orderId: ID!, $after: Cursor) {
    orderChanged(orderId: $orderId, after: $after) ${orderFrame} }`,
  myOrders: `subscription MyOrders($after: Cursor) { myOrders(after: $after) ${orderFrame} }`,
  sellerOrders: `subscription SellerOrders($sellerId: ID!, $after: Cursor) {
    sellerOrders(sellerId: $sellerId, after: $after) ${orderFrame} }`,
  orderEta: `subscription OrderEta($orderId: ID!, $after: Cursor) {
    orderEta(orderId: $orderId, after: $after) {
      cursor eventId at snapshot orderId sellerId previousExpectedAt eta ${eta} order { id status } } }`,
  delayFactorChanged: `subscription DelayFactorChanged($laneIds: [ID!], $after: Cursor) {
    delayFactorChanged(laneIds: $laneIds, after: $after) {
      cursor eventId at snapshot laneId delayFactor validUntil lane { id delayFactor } } }`,
} as const;
