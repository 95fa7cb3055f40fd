import { expect, test } from '@jest/globals';
import { metricsText } from './metrics.ts';

test('writes what Prometheus reads', () => {
  const text = metricsText([
    { name: 'a_total', help: 'A.', type: 'counter', values: [{ value: 3 }] },
    { name: 'b', help: 'B.', type: 'gauge', values: [{ labels: { slot: 'x"y', place: 'h' }, value: 0.5 }] },
  ]);
  expect(text).toBe(
    '# HELP a_total A.\n# TYPE a_total counter\na_total 3\n# HELP b B.\n# TYPE b gauge\nb{slot="x\\"y",place="h"} 0.5\n',
  );
});
