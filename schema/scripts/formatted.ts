import { format, resolveConfig } from 'prettier';

/** The text as `npm run format` would leave it. */
export async function formatted(path: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}
