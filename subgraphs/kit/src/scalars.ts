import { GraphQLError, GraphQLScalarType } from 'graphql';

/**
 * RFC 3339 in UTC with three decimals. Input is passed on as the text that came: use cases parse it, so that a wrong instant is a
 * user error that names its field.
 */
export const dateTime = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  serialize: value => {
    if (value instanceof Date) return value.toISOString();
    throw new GraphQLError('DateTime cannot represent a value that is not a Date');
  },
});

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

// What four digits and PostgreSQL can write, once it is in UTC.
const [earliest, latest] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];

/** The instant that a client wrote, or undefined when it is none, or none of the years 1 to 9999. */
export function parseInstant(text: unknown): Date | undefined {
  if (typeof text !== 'string' || !instant.test(text)) return undefined;
  const date = new Date(text);
  // A day that does not exist (30 February) is rolled over by Date.
  const day = new Date(text.slice(0, 10));
  const exists = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
  return exists && date.getTime() >= earliest && date.getTime() <= latest ? date : undefined;
}
