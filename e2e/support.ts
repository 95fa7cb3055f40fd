import { askGateway } from '@waygraph/kit/testing/gateway-client';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { call } from '@waygraph/stack/control';
import type { Report } from '@waygraph/stack/status';

/** What the supervisor says of one of its parts, asked over its control socket. */
export async function partStatus(name: string): Promise<Report['units'][number]> {
  const report = (await call({ socket: testEnv('WAYGRAPH_CONTROL'), method: 'GET', path: '/status' })) as Report;
  const unit = report.units.find(one => one.name === name);
  if (unit === undefined)
    throw new Error(`there is no part ${name}; there are ${report.units.map(one => one.name).join(', ')}`);
  return unit;
}

/** The data of an answer; rejects when the gateway is away, refuses, or answers with errors. */
export async function ask<Data>(query: string, variables: Record<string, unknown>, bearer?: string): Promise<Data> {
  const answer = await askGateway<Data | undefined>(query, variables, bearer);
  if (answer.errors !== undefined) throw new Error(answer.errors.map(error => error.message).join('; '));
  if (answer.data === undefined) throw new Error('an answer without data');
  return answer.data;
}
