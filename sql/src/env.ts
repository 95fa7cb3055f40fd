/** Environment of the command-line tool; what each variable must hold is checked where it is used. */
export const environment: Readonly<Record<string, string | undefined>> = process.env;
