// What payments relies on in a provider, over the real process.
import { appendFile, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isTransient } from '@waygraph/kit/database';
import { uniqueId } from '@waygraph/kit/testing/test-env';
import { httpProvider } from './provider.ts';
import { spawnPsp, type Psp } from './testing/spawn-psp.ts';

let psp: Psp;
beforeAll(async () => {
  psp = await spawnPsp();
});
afterAll(() => psp.dispose());

const provider = (timeoutMs = 5_000) => httpProvider({ url: psp.url(), timeoutMs });
const someCharge = () => ({
  ...{ key: uniqueId('payment'), orderId: uniqueId('order'), customerId: uniqueId('customer') },
  ...{ amountMinor: 500, currency: 'BRL' },
});
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as Error & { code?: string },
  );

describe('a payment provider', () => {
  test('charges once per key: the same request gets the same answer, at once or later', async () => {
    const charge = someCharge();
    const answers = await Promise.all([provider().charge(charge), provider().charge(charge)]);
    expect(answers).toEqual([{ kind: 'APPROVED' }, { kind: 'APPROVED' }]);
    const lines = (await readFile(psp.file, 'utf8')).split('\n').filter(line => line.includes(charge.key));
    expect(lines).toHaveLength(1);
  });

  test('another request under a used key is our fault: it does not pass by itself', async () => {
    const charge = someCharge();
    await provider().charge(charge);
    const fault = await faultOf(provider().charge({ ...charge, amountMinor: 501 }));
    expect(fault?.code).toBe('INTERNAL');
    expect(isTransient(fault)).toBe(false);
    expect(await psp.charge(charge.key)).toMatchObject({ amountMinor: 500 });
  });

  test('a decline is an answer, and stays one', async () => {
    const charge = someCharge();
    await psp.behave(charge.customerId, { outcome: 'decline', times: 1 });
    const declined = { kind: 'DECLINED', reason: 'the card was declined' };
    expect(await provider().charge(charge)).toEqual(declined);
    expect(await provider().charge(charge)).toEqual(declined);
    expect(await provider().charge({ ...charge, key: uniqueId('payment') })).toEqual({ kind: 'APPROVED' });
  });

  test('refunds once per key, in parts, and never more than was charged', async () => {
    const { key: chargeKey, ...rest } = someCharge();
    await provider().charge({ key: chargeKey, ...rest });
    const refund = (amountMinor: number, key = uniqueId('refund')) =>
      provider().refund({ key, chargeKey, amountMinor });
    const key = uniqueId('refund');
    expect([await refund(300, key), await refund(300, key)]).toEqual([{ kind: 'REFUNDED' }, { kind: 'REFUNDED' }]);
    expect(await refund(201)).toEqual({ kind: 'REFUSED', reason: 'more than was charged' });
    expect(await refund(200)).toEqual({ kind: 'REFUNDED' });
    expect(await psp.charge(chargeKey)).toMatchObject({ amountMinor: 500, refundedMinor: 500 });
  });

  test('an answer that takes too long, an error and a closed door are faults that pass', async () => {
    for (const behaviour of [{ outcome: 'timeout' }, { outcome: 'error' }, { outcome: 'approve', latencyMs: 5_000 }]) {
      const charge = someCharge();
      await psp.behave(charge.customerId, behaviour);
      expect(isTransient(await faultOf(provider(300).charge(charge)))).toBe(true);
      await psp.behave(charge.customerId, { outcome: 'approve' });
      expect(await provider().charge(charge)).toEqual({ kind: 'APPROVED' });
    }
    const gone = httpProvider({ url: 'http://127.0.0.1:1', timeoutMs: 1_000 });
    expect(isTransient(await faultOf(gone.charge(someCharge())))).toBe(true);
  });

  test('keeps its charges over a kill, and cuts off a line that was being written', async () => {
    const charge = someCharge();
    await provider().charge(charge);
    await provider().refund({ key: uniqueId('refund'), chargeKey: charge.key, amountMinor: 100 });
    await psp.restart(() => appendFile(psp.file, '{"hash":"half'));
    expect(await psp.charge(charge.key)).toMatchObject({ amountMinor: 500, refundedMinor: 100 });
    expect(await provider().charge(charge)).toEqual({ kind: 'APPROVED' });
    const next = someCharge();
    await provider().charge(next);
    await psp.restart();
    expect(await psp.charge(next.key)).toMatchObject({ status: 'APPROVED' });
  });
});

describe('fake-psp', () => {
  test('refuses what is malformed, naming the field', async () => {
    const body = { amountMinor: 1, currency: 'BRL', reference: 'o', customerId: 'c' };
    const refused = async (key: string | undefined, request: object, path = '/charges') => {
      const { status, body: said } = await psp.post(path, key, request);
      return { status, error: (said as { error: string }).error };
    };
    expect(await refused(undefined, body)).toMatchObject({
      status: 400,
      error: expect.stringContaining('Idempotency'),
    });
    for (const [field, value] of Object.entries({ amountMinor: 0, currency: 'EUR', reference: '', customerId: null }))
      expect(await refused('k', { ...body, [field]: value })).toMatchObject({
        status: 400,
        error: expect.stringContaining(field),
      });
    expect(await refused('k', { amountMinor: 1 }, '/charges/none/refunds')).toMatchObject({ status: 404 });
    expect(await refused('k', {}, '/elsewhere')).toMatchObject({ status: 404 });
    expect(await psp.behave('c', { outcome: 'explode' })).toBe(400);
    expect(await psp.charge('none')).toBeUndefined();
  });

  test('is alive and ready, and ends by itself when it is asked to, with an answer still open', async () => {
    const other = await spawnPsp();
    for (const path of ['/health', '/ready']) expect((await fetch(other.url() + path)).status).toBe(200);
    await other.behave('c', { outcome: 'timeout' });
    const open = faultOf(
      other.post('/charges', 'k', { amountMinor: 1, currency: 'BRL', reference: 'o', customerId: 'c' }),
    );
    await other.behave('d', { outcome: 'approve' });
    expect(await other.stop()).toEqual([0, null]);
    expect(await open).toBeDefined();
    await other.dispose();
  });
});
