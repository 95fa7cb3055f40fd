// A money step that was settled by hand is over on both sides: orders never asks for it again, so that payments owes it no answer.
import { expect, test } from '@jest/globals';
import { close, decide, resume, timeOut } from '@waygraph/orders/saga';
import { deadlineOf, stuckSteps, type SagaOrder } from '@waygraph/orders/saga-state';
import { anOrder, facts, play } from '@waygraph/orders/testing/saga-facts';

const sold = [facts.assigned(), facts.reserved(), facts.captured(), facts.confirmed()];
const undone = [facts.deliveryCancelled(), facts.released()];
const cancelled = play(anOrder(), ...sold, facts.assignmentRejected(), facts.unavailable(2), ...undone).order;
const delivered = play(anOrder(), ...sold, facts.handedOver('s1'), facts.handedOver('s2'), facts.lost('s2', 2)).order;

/** The steps that are asked for again while nobody answers, whoever resumes what. */
function askedAgain(given: SagaOrder): string[] {
  let order = given;
  const asked: string[] = [];
  for (let turn = 0; turn < 50; turn += 1) {
    const [stuck] = stuckSteps(order);
    const deadline = deadlineOf(order);
    const decision = deadline === null ? stuck && resume(order, stuck.name, turn) : timeOut(order, deadline);
    if (decision === undefined) break;
    order = decision.order;
    for (const { type, payload } of decision.events)
      if (type === 'StepRetryRequested') asked.push((payload as { step: string }).step);
  }
  return asked;
}

test.each([
  ['PAYMENT', cancelled],
  ['REFUND', delivered],
] as const)('%s is asked for again until it is settled by hand, and never from then on', (step, given) => {
  const stuck = decide(given, facts.compensationStuck(step), 1).order;
  expect(askedAgain(given)).toContain(step);
  expect(askedAgain(stuck)).toContain(step);
  for (const resolution of ['DONE_BY_HAND', 'WRITTEN_OFF'] as const) {
    const settled = close(stuck, step, { resolution, note: 'by bank' }, 2);
    expect(settled.events).toContainEqual(expect.objectContaining({ type: 'StepSettled' }));
    expect(askedAgain(settled.order)).not.toContain(step);
    expect(resume(settled.order, step, 3).events).toEqual([]);
  }
});
