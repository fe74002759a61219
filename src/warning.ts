/** Tells a program that uses the library what is no error: as a warning of its process, of type `EvlnetWarning`. */
export const emitWarning = (message: string, hint?: string): void =>
  process.emitWarning(message, {
    type: 'EvlnetWarning',
    ...(hint === undefined ? {} : { detail: hint }),
  });
