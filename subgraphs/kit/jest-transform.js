// Jest runs what Node runs: types are stripped by Node itself, positions stay, so no source maps and no second compiler.
import { stripTypeScriptTypes } from 'node:module';

export default {
  process: (source, path) => ({ code: path.endsWith('.ts') ? stripTypeScriptTypes(source) : source }),
};
