// Loaded before a process in a container (node --import): hands it the shared secrets, which the stack without Docker passes
// by the environment; the file comes from the volume where the databases step has made it.
import { ensureKeys } from './keys.ts';
import { addToEnvironment, loadSettings } from './settings.ts';
import { paths } from './folder.ts';

addToEnvironment(ensureKeys(paths(loadSettings().data).keys));
