import { userError, type UserError } from '@waygraph/kit/errors';
import { checkAddress, checkLines, type InputAddress, type InputLine } from '@waygraph/schema/inputs';

/** Every fault of what was asked, as placeOrder would find it. */
export const checkQuote = (lines: readonly InputLine[], shipTo: InputAddress): UserError[] => [
  ...checkLines(lines).map(({ message, field }) => userError('INVALID_INPUT', message, 'lines', ...field)),
  ...checkAddress(shipTo).map(({ message, field }) => userError('INVALID_INPUT', message, 'shipTo', ...field)),
];
