import { randomBytes } from 'node:crypto';

/** The address of a real part, as `npm test` hands it over. A missing one fails the test, it never skips it. */
export function testEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run these tests by "npm test"`);
  return value;
}

/** Keeps tests apart that share one stack. */
export const uniqueId = (prefix: string): string => `${prefix}-${randomBytes(6).toString('hex')}`;
