/** What would control a terminal is written out, but for the end of a line. */
export const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (char) =>
    char === '\n' ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
