import { expect, test } from '@jest/globals';
import { traceparent, withTrace } from './trace.ts';

const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('a step belongs to the trace of its parent and is a step of its own', async () => {
  await withTrace(parent, async () => {
    await Promise.resolve();
    expect(traceparent()).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    expect(traceparent()).not.toBe(parent);
  });
  expect(traceparent()).toBeUndefined();
});

test.each([undefined, '', 'nonsense', parent.toUpperCase(), `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`])(
  'a parent like %p begins a new trace',
  given => {
    const begun = withTrace(given, traceparent);
    expect(begun).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(begun).not.toContain('4bf92f3577b34da6a3ce929d0e0e4736');
  },
);

test('two requests at once keep their traces apart', async () => {
  const seen = await Promise.all(
    ['a', 'b'].map(letter =>
      withTrace(`00-${letter.repeat(32)}-00f067aa0ba902b7-00`, async () => {
        await Promise.resolve();
        return traceparent()?.slice(3, 35);
      }),
    ),
  );
  expect(seen).toEqual(['a'.repeat(32), 'b'.repeat(32)]);
});
